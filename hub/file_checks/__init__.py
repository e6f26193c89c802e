"""Proves by its content that a file is what it claims, before the hub keeps it."""
