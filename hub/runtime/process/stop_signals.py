"""Waits for SIGTERM or Ctrl-C, also where the second comes while the first is handled.

Trap: `threading.Event.set` in a signal handler takes a lock that is not reentrant. A supervisor and
a terminal that stop the same process send two signals at once: the second handler would wait for
the first, in the same thread, for ever. `queue.SimpleQueue.put` is made for handlers.
"""

import queue
import signal
from types import FrameType


class StopSignals:
    """Takes the signals over from now on. Only the main thread may make one."""

    def __init__(self) -> None:
        self._received = queue.SimpleQueue[int]()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._receive)

    def wait(self, seconds: float | None = None) -> bool:
        """Return True once a signal came, False after `seconds` without; None waits for ever."""
        try:
            self._received.put(self._received.get(timeout=seconds))
        except queue.Empty:
            return False
        return True

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self._received.put(number)
