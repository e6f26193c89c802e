"""Growth: the same work on a store of 10 thousand and of 5 million deliveries, on both databases.

`seed` plays a real day's exchange, `rules` says how each table multiplies, `multiply` does it,
`stores` keeps what was built, `*_side` are the measured programs, `course` runs them in turn.
"""
