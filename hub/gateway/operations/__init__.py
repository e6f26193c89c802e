"""What partners may ask of the hub: one function an operation, whichever door it came through."""
