"""`hub devices`."""
