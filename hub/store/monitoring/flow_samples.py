"""Samples of the flow, a row a minute and partner, for a week: totals, depth, critical time.

The critical time of a delivery is from its opening until the partner has it. It is taken from the
last calls that were made, at most `MOST_READ` of them: no column is written for it while work is
done, and no growing table is read as a whole.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.conservation import flow_samples
from hub.store.schema.tables.exchange import attempts, deliveries

KEPT = timedelta(days=7)
MOST_READ = 2000
_MICROSECOND = timedelta(microseconds=1)
_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSample:
    """How a partner's deliveries stood at a moment."""

    destination: str
    at: datetime
    accepted: int
    """Ever."""
    delivered: int
    """Ever."""
    open: int
    """What the hub still has to do: pending, sending, waiting, held."""
    needing_person: int
    """Dead, and of unknown effect."""
    critical_median: timedelta | None
    """Of what was delivered since the sample before; None where nothing was."""
    critical_95: timedelta | None


def newest(tx: Tx) -> datetime | None:
    """Return when the last sample was taken."""
    return tx.execute(sa.select(sa.func.max(flow_samples.c.at))).scalar()


def record(tx: Tx, samples: Iterable[FlowSample], *, now: datetime) -> None:
    """Keep samples; forget those that are too old for any chart."""
    rows = [
        dict(zip(_COLUMNS, astuple(it), strict=True))
        | {
            "critical_median": _as_number(it.critical_median),
            "critical_95": _as_number(it.critical_95),
        }
        for it in samples
    ]
    if rows:
        tx.execute(insert(tx, flow_samples).on_conflict_do_nothing(), rows)
    tx.execute(sa.delete(flow_samples).where(flow_samples.c.at < now - KEPT))


_COLUMNS = tuple(FlowSample.__slots__)


def _as_number(value: timedelta | None) -> int | None:
    return None if value is None else value // _MICROSECOND


def _as_duration(value: int | None) -> timedelta | None:
    return None if value is None else value * _MICROSECOND


def of_destination(tx: Tx, destination: str, *, since: datetime, each: int = 1) -> list[FlowSample]:
    """Return the samples of a partner from a moment on, oldest first; those of each n-th minute."""
    query = sa.select(*(column.label(column.key) for column in flow_samples.c)).where(
        flow_samples.c.destination == destination, flow_samples.c.at >= since
    )
    if each > 1:
        minutes = sa.type_coerce(flow_samples.c.at, sa.BigInteger) // _MINUTE
        query = query.where(minutes % each == 0)
    return [
        FlowSample(
            **row
            | {
                "critical_median": _as_duration(row["critical_median"]),
                "critical_95": _as_duration(row["critical_95"]),
            }
        )
        for row in map(dict, tx.execute(query.order_by(flow_samples.c.at)).mappings())
    ]


def critical_times(tx: Tx, *, since: datetime) -> dict[str, list[timedelta]]:
    """Return how long deliveries took that were delivered since then, shortest first."""
    newest_call = tx.execute(sa.select(sa.func.max(attempts.c.id))).scalar() or 0
    last = sa.select(attempts.c.delivery_id).where(attempts.c.id > newest_call - MOST_READ)
    ids = sorted(set(tx.execute(last).scalars()))
    found: dict[str, list[timedelta]] = {}
    query = sa.select(
        deliveries.c.destination, deliveries.c.created_at, deliveries.c.settled_at
    ).where(
        deliveries.c.id.in_(ids),
        deliveries.c.state == S.DELIVERED.value,
        deliveries.c.settled_at > since,
    )
    for row in tx.execute(query):
        found.setdefault(row.destination, []).append(row.settled_at - row.created_at)
    return {destination: sorted(times) for destination, times in found.items()}
