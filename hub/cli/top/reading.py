"""What `hub top` shows, read once: the views of the console's overview, for everything.

From kept counts, the timer's samples and what is open; no growing table is read as a whole.
RabbitMQ is queried at most every `BROKER_EVERY` seconds.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.broker.admin import figures as broker_figures
from hub.broker.admin.figures import QueueFigures
from hub.broker.topology import TOPOLOGY
from hub.messages import catalog
from hub.messages.partners import PARTNERS
from hub.operations.flow.curves import curves
from hub.operations.overview import figures
from hub.operations.overview.figures import Figures
from hub.operations.overview.items import Item, items
from hub.operations.overview.verdict import Verdict, verdict
from hub.ports import BrokerUnavailable
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.scope import ALL
from hub.store.alerts import incidents
from hub.store.conservation.balance import Balance
from hub.store.engine.store import Store, Tx
from hub.store.monitoring import flow_samples

BROKER_EVERY = 5.0
_LATELY = timedelta(minutes=10)
_OPEN = tuple(map(str, (S.PENDING, S.SENDING, S.WAITING, S.HELD)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerLine:
    """How the deliveries to one partner do."""

    partner: str
    open: int
    """What the hub still has to do: pending, sending, waiting, held."""
    dead: int
    ambiguous: int
    delivered: int
    """Ever."""
    rate: float | None
    """Delivered a minute, by the last two samples of the timer; None without."""
    critical: timedelta | None
    """From opening until the partner had it, of 95 in a hundred, by the last sample with any."""
    oldest: datetime | None
    """When the oldest open delivery was opened."""
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TopView:
    """Everything that is shown, as of one moment."""

    at: datetime
    verdict: Verdict
    partners: Sequence[PartnerLine]
    items: Sequence[Item]
    queues: Sequence[QueueFigures] | None
    """None where RabbitMQ does not answer; empty with the in-process broker."""
    figures: Figures


class TopReader:
    """Reads the view again and again; not for several threads."""

    def __init__(self, store: Store, broker_urls: tuple[str, str]) -> None:
        """`broker_urls`: of AMQP and of the management API, "" where there is none."""
        self._store = store
        self._broker_urls = broker_urls
        self._queues: Sequence[QueueFigures] | None = ()
        self._queried_at: float | None = None

    def read(self, now: datetime) -> TopView:
        """Return the view as of now. Raises StoreUnavailable."""
        queues = self._current_queues()
        with self._store.read() as tx:
            found = figures.read(tx, (*PARTNERS, catalog.DEVICES), now=now)
            to_do = items(
                tx,
                ALL,
                found.balances,
                devices=found.devices,
                incidents=incidents.listing(tx),
                now=now,
            )
            lines = [_line(tx, it, found, now) for it in found.balances]
        return TopView(
            at=now,
            verdict=verdict(to_do),
            partners=lines,
            items=to_do,
            queues=queues,
            figures=found,
        )

    def _current_queues(self) -> Sequence[QueueFigures] | None:
        if not self._broker_urls[0]:
            return ()
        clock = time.monotonic()
        if self._queried_at is None or clock - self._queried_at >= BROKER_EVERY:
            self._queried_at = clock
            try:
                self._queues = broker_figures.read_queues(TOPOLOGY, *self._broker_urls)
            except BrokerUnavailable:
                self._queues = None
        return self._queues


def _line(tx: Tx, balance: Balance, found: Figures, now: datetime) -> PartnerLine:
    partner, states = balance.destination, balance.states
    samples = flow_samples.of_destination(tx, partner, since=now - _LATELY)
    flow = curves(partner, samples, _LATELY)
    opened = [found.oldest[partner, it] for it in _OPEN if (partner, it) in found.oldest]
    return PartnerLine(
        partner=partner,
        open=sum(states[it] for it in _OPEN),
        dead=states[S.DEAD],
        ambiguous=states[S.AMBIGUOUS],
        delivered=states[S.DELIVERED],
        rate=flow.rate[-1][1] if flow.rate else None,
        critical=timedelta(seconds=flow.critical[-1][1]) if flow.critical else None,
        oldest=min(opened, default=None),
        holds=balance.holds,
    )
