"""Latency: from the reception of a land dossier to its acceptance by the town, with everything up.

`course` starts broker, partners and hub; `hub_side` is the hub with the load inside; `load` is the
stream of dossiers; `order` tells both what is wanted.
"""
