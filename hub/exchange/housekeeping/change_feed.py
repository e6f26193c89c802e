"""The role that gives changes their places in the feed, a moment after they were committed.

Any number of processes may have it: the lock of the feed's one row makes one writer of them. What
has no place yet when a process dies gets it from the next one.
"""

from collections.abc import Callable

from hub.ports import Clock
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.store.change_feed import numbering
from hub.store.engine.store import Store

PAUSE = 0.25
"""Seconds: how old a change is at most before partners may read it, on a hub that is not behind."""


class ChangeFeed(Role):
    """Numbers what was committed."""

    name = "change_feed"
    patience = 60.0

    def __init__(
        self, store: Store, *, clock: Clock, on_numbered: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__()
        self.store = store
        self.clock = clock
        self.on_numbered = on_numbered

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            count = retry_while_unavailable(self, self.run_once) or 0
            if count < numbering.AT_ONCE:
                self.wakeup.wait(PAUSE)

    def run_once(self) -> int:
        """Number what is there, at most a page; return how many changes that was."""
        with self.store.read() as tx:
            if not numbering.is_waiting(tx):
                return 0
        with self.store.write() as tx:
            count = numbering.number_new(tx, now=self.clock())
        if count:
            self.on_numbered()
        return count
