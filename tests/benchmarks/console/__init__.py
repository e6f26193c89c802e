"""How fast the console answers at size."""
