"""The agents on workstations: how each is, and what a person decides about it."""
