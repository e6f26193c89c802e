"""What ward and hub know about dossiers that stand, or should stand, on a partner's list."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.messages.envelope import decode_stored
from hub.messages.payloads import Status
from hub.rules.deliveries.states import FINAL
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.archive import index
from hub.store.deliveries.transitions import position
from hub.store.engine.store import Tx
from hub.store.repair.tasks import Sent, status_sent
from hub.store.schema.tables.exchange import deliveries, journal
from hub.store.schema.tables.records import dossiers

_AT_ONCE = 100
"""How many dossiers one statement asks for: their messages are in memory together."""
_GIVEN = {S.DELIVERED, S.BY_HAND}


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierView:
    """One dossier of the ward, as one partner should know it."""

    received_at: datetime
    opened: bool
    """Whether the hub has any delivery of it to the partner."""
    settled: bool
    """Whether none of them is still open."""
    delivered: bool
    """Whether one of them was delivered."""
    last_at: datetime | None
    """When the last of them was settled."""
    status: Status | None
    """The status that the partner was told last; None where it is told none."""


def received_between(tx: Tx, start: datetime, end: datetime) -> set[str]:
    """Return the numbers of the dossiers that were received in [start, end)."""
    query = sa.select(dossiers.c.number).where(
        dossiers.c.received_at >= start, dossiers.c.received_at < end
    )
    return set(tx.execute(query).scalars())


def known(tx: Tx, destination: str, numbers: Iterable[str]) -> dict[str, DossierView]:
    """Return what is known about those of the numbers that are dossiers of the ward."""
    ordered, found = sorted(set(numbers)), {}
    for at in range(0, len(ordered), _AT_ONCE):
        some = ordered[at : at + _AT_ONCE]
        here = sa.select(dossiers.c.number, dossiers.c.received_at).where(
            dossiers.c.number.in_(some)
        )
        received = {row.number: row.received_at for row in tx.execute(here)}
        lanes: dict[str, list[sa.Row[Any]]] = {}
        for row in tx.execute(_of_lanes(destination, list(received))):
            lanes.setdefault(row.lane, []).append(row)
        for number, received_at in received.items():
            found[number] = _known(received_at, lanes.get(number, []))
        found |= _archived(tx, set(some) - received.keys())
    return found


def _archived(tx: Tx, numbers: Collection[str]) -> dict[str, DossierView]:
    """Return those of the numbers that are in the archive: known, and ended long ago.

    What a partner was told last of them is not looked up, so nothing is said of their status.
    """
    return {
        one.number: DossierView(
            received_at=one.received_at,
            opened=True,
            settled=True,
            delivered=False,
            last_at=one.closed_at,
            status=None,
        )
        for one in index.all_of(tx, numbers)
    }


def _of_lanes(destination: str, numbers: list[str]) -> sa.Select[Any]:
    query = sa.select(
        deliveries.c.id,
        deliveries.c.destination,
        deliveries.c.lane,
        deliveries.c.type,
        deliveries.c.state,
        deliveries.c.settled_at,
        journal.c.body,
    )
    query = query.join(journal, journal.c.id == deliveries.c.message_id)
    query = query.where(deliveries.c.lane.in_(numbers), deliveries.c.destination == destination)
    return query.order_by(position())


def _known(received_at: datetime, rows: list[sa.Row[Any]]) -> DossierView:
    states = {S(row.state) for row in rows}
    return DossierView(
        received_at=received_at,
        opened=bool(rows),
        settled=states <= FINAL,
        delivered=S.DELIVERED in states,
        last_at=max((row.settled_at for row in rows if row.settled_at), default=None),
        status=_status(rows),
    )


def _status(rows: list[sa.Row[Any]]) -> Status | None:
    for row in reversed(rows):
        if row.state in _GIVEN and row.body:  # an erased message says nothing any more
            sent = Sent(row.id, row.destination, row.type, S(row.state), decode_stored(row.body))
            status = status_sent(sent)
            if status is not None:
                return Status(status)
    return None
