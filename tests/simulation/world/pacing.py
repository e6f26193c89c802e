"""When a role looks again: what it waits for has changed, or its own poll has passed.

The roles of the hub sleep between two looks. A story that had each of them look in each round would
spend nine of ten steps on looks that cannot find anything, so a look is a step only where the real
role would be awake. A role may also stall, as a thread does that gets no processor: then what is
meant for it waits.
"""

from tests.simulation.world.virtual_time import VirtualTime


class Pacing:
    """The looks of one process, by the name of the step."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._next: dict[str, float] = {}
        self._seen: dict[str, object] = {}
        self._stalled: dict[str, float] = {}

    def is_due(self, name: str, signal: object = None) -> bool:
        """Tell whether a role looks now; `signal`: what would wake it, as it is now."""
        now = self._time.elapsed
        if self._stalled.get(name, 0.0) > now:
            return False
        return now >= self._next.get(name, 0.0) or signal != self._seen.get(name)

    def looked(self, name: str, count: int, *, poll: float, signal: object = None) -> None:
        """Note what a look found; one that found something is followed by another at once."""
        self._next[name] = 0.0 if count else self._time.elapsed + poll
        self._seen[name] = signal

    def stall(self, name: str, seconds: float) -> None:
        """Have a role get no processor for so long."""
        self._stalled[name] = self._time.elapsed + seconds

    def go_on(self) -> None:
        """End every stall."""
        self._stalled.clear()
