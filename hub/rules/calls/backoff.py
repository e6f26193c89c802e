"""Backoff: how waits grow, for retries, queries, circuits and logins. Pure, draws nothing itself.

Reconnects to the broker and to the database use tenacity's random exponential wait instead: many
processes come back at the same moment, so their whole wait is drawn.
"""

from datetime import timedelta

_DOUBLINGS = 60
"""Beyond that many, 2**n is above every cap."""


def doubled(first: timedelta, times: int, *, longest: timedelta) -> timedelta:
    """Return `first`, doubled so many times (from 0), and never more than `longest`."""
    seconds = first.total_seconds() * 2.0 ** min(times, _DOUBLINGS)
    return timedelta(seconds=min(seconds, longest.total_seconds()))
