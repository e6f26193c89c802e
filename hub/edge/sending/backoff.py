"""The pause between two calls while the hub is away: it grows, with jitter, up to half a minute."""

import random

FIRST, LONGEST = 0.5, 30.0
"""Seconds."""


class LineBackoff:
    """Used by one thread."""

    def __init__(self, draw: random.Random | None = None) -> None:
        self._draw = draw or random.Random()  # noqa: S311 - no secret
        self._next = FIRST

    def seconds(self) -> float:
        """Return how long to wait before the next call."""
        found = self._next * self._draw.uniform(0.5, 1.0)
        self._next = min(LONGEST, 2 * self._next)
        return found

    def longest(self) -> float:
        """Return the pause where only a person can help."""
        self._next = LONGEST
        return LONGEST

    def end(self) -> None:
        """The hub answered: the next pause is a short one."""
        self._next = FIRST
