"""What a person decides about the clients of the hub."""
