"""Growth: the same work on a store of 10 thousand and of 5 million deliveries, on both databases.

In `stores` a demo plays a real exchange, `aged` makes it old, `rules` says how each table
multiplies, `multiply` does it, `kept` keeps what was built. `*_side` are the measured programs,
`course` runs them in turn.
"""
