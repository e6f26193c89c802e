"""Has each webhook served, a thread an address, so that a slow one holds up no other."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hub.exchange.webhooks.dispatch import Dispatch
from hub.exchange.webhooks.selecting import has_work
from hub.rules.failures.error_summary import describe_error
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import is_away
from hub.store.webhooks import addresses
from hub.store.webhooks.addresses import Owned

PAUSE = 0.5
"""Seconds between two looks for what is due; a change that was numbered wakes the role at once."""
THREADS = 8


class Webhooks(Role):
    """Serves every active webhook."""

    name = "webhooks"
    patience = 60.0
    stop_within = 30.0

    def __init__(self, dispatch: Dispatch) -> None:
        super().__init__()
        self.dispatch = dispatch
        dispatch.stopping = self.stopping
        self._served: set[str] = set()
        self._lock = threading.Lock()

    def run(self) -> None:
        with ThreadPoolExecutor(THREADS, thread_name_prefix=self.name) as pool:
            while not self.stopping.is_set():
                self.beat()
                for owned in retry_while_unavailable(self, self.with_work):
                    if self._begin(owned.webhook.id):
                        pool.submit(self._serve, owned)
                self.wakeup.wait(PAUSE)

    def run_once(self) -> int:
        """Serve every webhook that has work, one after the other; return the events taken."""
        return sum(map(self.dispatch.run, self.with_work()))

    def with_work(self) -> Sequence[Owned]:
        """Return the webhooks to which something may be sent now."""
        now = self.dispatch.clock()
        with self.dispatch.store.read() as tx:
            return [it for it in addresses.active(tx) if has_work(tx, it.webhook, now)]

    def _begin(self, id: str) -> bool:
        with self._lock:
            if id in self._served:
                return False
            self._served.add(id)
            return True

    def _serve(self, owned: Owned) -> None:
        try:
            self.dispatch.run(owned)
        except Exception as error:
            # The next look serves it again.
            event = Event.STORE_LOST if is_away(error) else Event.ROLE_CRASHED
            log.error(event, role=self.name, error=describe_error(error))
        finally:
            with self._lock:
                self._served.discard(owned.webhook.id)
