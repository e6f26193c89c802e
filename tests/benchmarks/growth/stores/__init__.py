"""The measured stores: a played exchange, made old and multiplied in the database itself."""
