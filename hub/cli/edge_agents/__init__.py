"""`hub edge-agents`: which workstations have an agent, at the hub."""
