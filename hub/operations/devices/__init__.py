"""How the devices at the counter are: checked by a role, read by persons."""
