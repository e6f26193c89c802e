"""Commands with which a person decides about deliveries and messages."""
