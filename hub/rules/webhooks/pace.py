"""When an event that failed is sent again, and when a failing endpoint becomes a task. Pure."""

from datetime import timedelta

from hub.rules.calls.backoff import doubled
from hub.rules.calls.circuit import CircuitPolicy

CIRCUIT = CircuitPolicy(
    failures=5, first_pause=timedelta(seconds=5), longest_pause=timedelta(minutes=10), width=2
)
"""Of one endpoint; of width 2, because it gets one event at a time."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
JITTER = 0.2
ALARM_AFTER = timedelta(minutes=15)
"""How long an endpoint may take nothing until a person is told."""
EVENT_ALARM_AFTER = timedelta(hours=1)
"""How long one event may wait, of an endpoint that takes others."""
MOST_WAITING = 500
"""Events of one endpoint that failed, or wait behind one; then it gets nothing new."""


def wait_after(attempts: int, draw: float, *, at_least: timedelta | None) -> timedelta:
    """Return how long an event waits after so many attempts; `draw` in [0, 1) makes the jitter."""
    wait = doubled(FIRST_WAIT, attempts - 1, longest=LONGEST_WAIT) * (1 - JITTER * draw)
    return max(wait, at_least or timedelta())
