"""Sends changes to the addresses that clients have named, see docs/decisions, 0122."""
