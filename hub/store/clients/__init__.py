"""The clients that may call the hub: their rights, their secrets, their calls."""
