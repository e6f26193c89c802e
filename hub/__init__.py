"""A message-driven integration hub for one-stop public-service counters."""

__version__ = "0.2.0"
