"""Deliveries in the store: states, lanes, attempts, what is due and what is paused."""
