"""`hub messages`: parked messages."""
