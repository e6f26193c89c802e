"""`hub edge`: the agent on a workstation. Loads no database engine and no web server."""
