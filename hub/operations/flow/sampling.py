"""Takes a sample of the flow once a minute; the timer calls it at each sweep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.conservation.balance import Balance, balance
from hub.store.engine.store import Store
from hub.store.monitoring import flow_samples
from hub.store.monitoring.flow_samples import FlowSample

EVERY = timedelta(minutes=1)
_SLACK = timedelta(seconds=5)
_OPEN = tuple(map(str, (S.PENDING, S.SENDING, S.WAITING, S.HELD)))
_NEEDS_PERSON = tuple(map(str, (S.DEAD, S.AMBIGUOUS)))


@dataclass(frozen=True, slots=True)
class FlowSampling:
    """Keeps what charts are made of."""

    store: Store
    destinations: Sequence[str]

    def sample(self, now: datetime) -> None:
        """Take a sample, unless one was taken within the minute."""
        with self.store.read() as tx:
            before = flow_samples.newest(tx)
            # A clock that was ahead leaves a sample in the future: it must not stop all others.
            if before is not None and timedelta() <= now - before < EVERY - _SLACK:
                return
            balances = balance(tx, self.destinations)
            times = flow_samples.critical_times(tx, since=before or now - EVERY)
        taken = [_of(it, now, times.get(it.destination, [])) for it in balances]
        with self.store.write() as tx:
            flow_samples.record(tx, taken, now=now)


def _of(balance: Balance, now: datetime, times: Sequence[timedelta]) -> FlowSample:
    states = balance.states
    return FlowSample(
        destination=balance.destination,
        at=now,
        accepted=balance.accepted,
        delivered=states[str(S.DELIVERED)],
        open=sum(states[state] for state in _OPEN),
        needing_person=sum(states[state] for state in _NEEDS_PERSON),
        critical_median=share(times, 0.5),
        critical_95=share(times, 0.95),
    )


def share(times: Sequence[timedelta], part: float) -> timedelta | None:
    """Return the time within which this part of sorted times lies; None without any."""
    return times[min(len(times) - 1, int(len(times) * part))] if times else None
