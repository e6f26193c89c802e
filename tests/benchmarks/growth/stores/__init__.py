"""The stores that are measured: a played exchange, made old and multiplied in the database itself."""
