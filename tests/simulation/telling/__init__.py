"""How a story is told to a person: made short, with what the store and the ledgers said."""
