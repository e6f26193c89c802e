"""Partners that were written apart from the hub: other languages, other libraries, own ledgers."""
