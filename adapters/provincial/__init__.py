"""The province: its contract, what our messages become there, and whether it has them."""
