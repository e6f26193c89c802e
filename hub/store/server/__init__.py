"""What a PostgreSQL server says of itself, for the preflight."""
