"""How commands show things."""
