"""Isolation of poison: what ends the process is handled alone, and then left to a person."""
