"""What stands on papers of the counter, and what follows from it. Pure."""
