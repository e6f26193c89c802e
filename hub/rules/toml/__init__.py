"""Reads TOML files that an operator writes: values, tables, and the lines of what is wrong."""
