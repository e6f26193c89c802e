"""Dialects of simulated partners: the small habits of the software that real partners run.

A dialect is a table of habits (`tables`). Each habit is a pure change of a look-up's values, of the
XML or JSON text, of the HTTP bytes, or of how an ended session is said. The ledger stays the truth:
a dialect changes what is said, never what is done.
"""
