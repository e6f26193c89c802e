"""The queue at the counter, as the store keeps it."""
