"""A deterministic simulation of the whole exchange: one seed, one story, replayed exactly.

The real code works on a real store (SQLite in memory) and the in-process broker. Time,
chance and the order of steps belong to the simulation; the partners, the counter and the operators
are models. See `script/simulate` and `docs/simulation.md`.
"""
