"""Limits of what callers can make the hub log: some lines a minute of each code, then a count.

A caller chooses how many requests are refused, so without a limit it chooses how fast the disk
fills. The next line of the code that passes has as `count` how many were refused since the last.
Not promised: a count of the refusals at the very end of a flood; the audit has those of callers.
"""

import threading
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import structlog

LINES_A_MINUTE = 30
"""Of one code: what a partner's broken software needs to be understood."""
MOST_CODES = 200
"""Codes that are told apart; they are the hub's own, so there are fewer."""
_MINUTE = 60.0


@dataclass(slots=True)
class _Window:
    since: float
    lines: int = 0
    left_out: int = 0


class LogLimit:
    """A processor of structlog for one event; threads share it."""

    def __init__(self, event: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._event = event
        self._clock = clock
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()

    def __call__(
        self, _logger: Any, _method: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Let a line pass, or raise DropEvent."""
        if fields.get("event") != self._event:
            return fields
        with self._lock:
            left_out = self._left_out(str(fields.get("code", "")))
        if left_out is None:
            raise structlog.DropEvent
        if left_out:
            fields["count"] = left_out + int(fields.get("count", 1))
        return fields

    def _left_out(self, code: str) -> int | None:
        """Return how many lines are told with this one, None where it is left out, too."""
        now = self._clock()
        if code not in self._windows and len(self._windows) >= MOST_CODES:
            code = ""
        window = self._windows.setdefault(code, _Window(now))
        if now - window.since >= _MINUTE:
            window.since, window.lines = now, 0
        if window.lines >= LINES_A_MINUTE:
            window.left_out += 1
            return None
        window.lines += 1
        left_out, window.left_out = window.left_out, 0
        return left_out
