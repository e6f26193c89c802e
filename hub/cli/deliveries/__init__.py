"""`hub deliveries`: what waits for a person, and what a person decides about a delivery."""
