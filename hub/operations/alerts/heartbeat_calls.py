"""Calls an address outside once a minute, as long as the hub makes progress: a dead man's switch.

What is behind the address tells a person when the calls stay away. So nothing that stops the hub,
this role included, can stop the telling.
"""

from collections.abc import Callable

from hub.operations.alerts.progress import standstill
from hub.ports import Clock
from hub.ports.alerts import ChannelFailed
from hub.runtime.role import Role
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store

EVERY = 60.0
"""Seconds between two calls."""


class HeartbeatCalls(Role):
    """Calls while all works; says in the log when it begins to withhold, and when it goes on."""

    name = "alerts.heartbeat"
    patience = 180.0

    def __init__(
        self,
        store: Store,
        call: Callable[[], None],
        *,
        clock: Clock,
        query_broker: Callable[[], object] | None = None,
        every: float = EVERY,
    ) -> None:
        """`call` raises ChannelFailed, `query_broker` BrokerUnavailable."""
        super().__init__()
        self.store = store
        self.call = call
        self.clock = clock
        self.query_broker = query_broker
        self.every = every
        self._trouble: str | None = None
        """What was last wrong; None before the first round."""

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            self.run_once()
            self.wakeup.wait(self.every)

    def run_once(self) -> bool:
        """Call if the hub makes progress; return whether the address took the call."""
        wrong = standstill(self.store, self.query_broker, self.clock())
        event = Event.HEARTBEAT_WITHHELD
        if not wrong:
            try:
                self.call()
            except ChannelFailed as failure:
                wrong, event = failure.code, Event.HEARTBEAT_FAILED
        if wrong != self._trouble:
            self._trouble = wrong
            if wrong:
                log.warning(event, detail=wrong)
            else:
                log.info(Event.HEARTBEAT_CALLED)
        return not wrong
