"""How statements are compiled once and run, and how values go to a driver."""
