"""A message-driven integration hub for one-stop public-service counters."""

__version__ = "0.3.0.dev0"
"""The release that is being made; without `.dev0` on the day of its entry in CHANGELOG.md."""
