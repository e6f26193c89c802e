"""Commands at the top: run the hub, set it up, check it; tasks and fault codes."""
