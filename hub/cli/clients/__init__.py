"""Commands about who may call the hub."""
