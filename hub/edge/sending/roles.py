"""A part of the agent that calls the hub again and again, and pauses while the hub is away.

Every part finds its work in the spool, so it may stop, crash or be cut off at any step. The log
says once that the line went, and once that it is back.
"""

import threading
from abc import abstractmethod

import structlog

from hub.edge.line import AgentRefused, HubAway, HubLine, NotThere
from hub.edge.sending.backoff import LineBackoff
from hub.runtime.role import Role

log = structlog.get_logger()


class LineState:
    """Whether the hub is reached; the parts of an agent share it, so that it is logged once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_lost = False

    def lost(self, cause: str) -> None:
        """Report that the hub does not answer."""
        with self._lock:
            was, self._is_lost = self._is_lost, True
        if not was:
            log.error("device_lost", role="edge", error=cause)

    def back(self) -> None:
        """Report that the hub answers."""
        with self._lock:
            was, self._is_lost = self._is_lost, False
        if was:
            log.info("device_back", role="edge")


class CallingRole(Role):
    """Calls the hub in turns."""

    idle = 1.0
    """Seconds until the next turn where nothing was to do."""
    is_optional = False
    """An older hub has no such calls: that nobody answers them says nothing about the line."""

    def __init__(self, line: HubLine, state: LineState) -> None:
        super().__init__()
        self.line = line
        self.state = state
        self._pause = LineBackoff()

    @abstractmethod
    def run_once(self) -> bool:
        """Do one turn; return whether there may be more to do at once.

        Raises HubAway and AgentRefused.
        """

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            try:
                more = self.run_once()
            except HubAway as away:
                if not (self.is_optional and isinstance(away, NotThere)):
                    self.state.lost(str(away))
                self.stopping.wait(self._pause.seconds())
            except AgentRefused as refused:
                self.state.lost(str(refused))
                self.stopping.wait(self._pause.longest())
            else:
                self.state.back()
                self._pause.end()
                if not more:
                    self.wakeup.wait(self.idle)
