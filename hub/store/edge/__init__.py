"""Agents on workstations: who they are, what has come of them, which numbers they hold."""
