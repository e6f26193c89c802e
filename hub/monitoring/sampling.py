"""Reads the figures of the whole hub now and then, so that a scrape reads none.

A scrape gets the figures of the last sample and says how old they are. The work adapts: after a
sample the role rests for `SHARE` times as long as the sample took, so that a large backlog costs
the database at most a twentieth of one connection's time. While the store or the broker does not
answer, the figures stay those of the last sample, and a figure of its own says so.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hub.broker.admin import figures as broker_figures
from hub.broker.admin.figures import QueueFigures
from hub.broker.topology import TOPOLOGY
from hub.operations.overview import figures
from hub.operations.overview.figures import Figures
from hub.operations.watchers.ending_certificates import end_of
from hub.ports import BrokerUnavailable, Clock
from hub.runtime.role import Role
from hub.store.engine.store import Store, is_away

EVERY = 15.0
"""Seconds between two samples."""
SHARE = 20
CERTIFICATES_EACH = 40
"""Samples between two readings of the certificates' files: ten minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSample:
    """What was read last, and whether it could be read."""

    figures: Figures | None = None
    store_answers: bool = False
    queues: Sequence[QueueFigures] = ()
    broker_answers: bool | None = None
    """None where the hub has the in-process broker."""
    certificates: Mapping[str, datetime] | None = None
    """When each of the hub's own certificates ends; those that can be read."""


class Sampling(Role):
    """Keeps the last sample; one process of a hub needs it, that with the timer."""

    name = "sampling"
    patience = 300.0

    def __init__(
        self,
        store: Store,
        destinations: Sequence[str],
        *,
        clock: Clock,
        broker_urls: tuple[str, str] = ("", ""),
        certificates: Mapping[str, Path] | None = None,
    ) -> None:
        """`broker_urls`: of AMQP and of the management API, "" where there is none."""
        super().__init__()
        self.store = store
        self.destinations = destinations
        self.clock = clock
        self.broker_urls = broker_urls
        self.certificate_files = certificates or {}
        self._taken = 0
        self.last = HubSample()
        """Read by any thread; replaced as a whole."""

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            began = time.monotonic()
            self.collect()
            self.wakeup.wait(max(EVERY, SHARE * (time.monotonic() - began)))

    def collect(self) -> None:
        """Read a sample now."""
        before = self.last
        found, answers = self._figures()
        queues, broker = self._queues()
        certificates = before.certificates
        if self._taken % CERTIFICATES_EACH == 0:
            certificates = _ends(self.certificate_files)
        self._taken += 1
        self.last = HubSample(
            figures=found or before.figures,
            store_answers=answers,
            queues=queues,
            broker_answers=broker,
            certificates=certificates,
        )

    def _figures(self) -> tuple[Figures | None, bool]:
        try:
            with self.store.read() as tx:
                return figures.read(tx, self.destinations, now=self.clock()), True
        except Exception as error:
            if not is_away(error):
                raise
            return None, False

    def _queues(self) -> tuple[Sequence[QueueFigures], bool | None]:
        if not self.broker_urls[0]:
            return (), None
        try:
            return broker_figures.read_queues(TOPOLOGY, *self.broker_urls), True
        except BrokerUnavailable:
            return (), False


def _ends(files: Mapping[str, Path]) -> dict[str, datetime]:
    """Return when each certificate ends; the doctor names those that cannot be read."""
    ends = {}
    for what, file in files.items():
        try:
            ends[what] = end_of(file)
        except (OSError, ValueError):
            continue
    return ends
