"""The town administrative centre: its contract, hand-overs to it, and its callbacks."""
