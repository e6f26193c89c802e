"""The store's share of each role: SQLite and PostgreSQL in turn, one process and two of a role."""
