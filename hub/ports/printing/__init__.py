"""What destinations that print have in common: the hub reaches some printers itself, and others by
the agent that hosts them."""
