"""The database of a story, and what it notes by itself of each write."""
