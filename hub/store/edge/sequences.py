"""What has come of each device's events, by agent and spool."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.edge.sequence import Progress, SequencePlace, record
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.edge import edge_sequences as table


@dataclass(frozen=True, slots=True)
class Arrived:
    """Events of one device that the journal has, in the order in which they came."""

    agent: str
    spool: str
    device: str
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DeviceSequence:
    """The progress of one device."""

    agent: str
    spool: str
    device: str
    progress: Progress


def arrive(tx: Tx, arrived: Arrived, *, now: datetime) -> list[SequencePlace]:
    """Store that events came; return where each stands in its sequence."""
    here = (
        (table.c.agent == arrived.agent)
        & (table.c.spool == arrived.spool)
        & (table.c.device == arrived.device)
    )
    row = tx.execute(sa.select(table.c.last, table.c.missing).where(here).with_for_update())
    kept = row.one_or_none()
    progress = Progress() if kept is None else Progress(kept.last, _ranges(kept.missing))
    places = []
    for sequence in arrived.sequences:
        progress, place = record(progress, sequence)
        places.append(place)
    values = {
        "last": progress.last,
        "missing": json.dumps(progress.missing),
        "heard_at": now,
    }
    statement = insert(tx, table).values(
        agent=arrived.agent, spool=arrived.spool, device=arrived.device, **values
    )
    key = [table.c.agent, table.c.spool, table.c.device]
    tx.execute(statement.on_conflict_do_update(index_elements=key, set_=values))
    return places


def of_agent(tx: Tx, agent: str) -> Sequence[DeviceSequence]:
    """Return the progress of each device of an agent, of every spool that it had."""
    rows = tx.execute(sa.select(table).where(table.c.agent == agent).order_by(table.c.device))
    return [
        DeviceSequence(row.agent, row.spool, row.device, Progress(row.last, _ranges(row.missing)))
        for row in rows
    ]


def forget_missing(tx: Tx, agent: str, *, spool: str | None) -> int:
    """Take what is missing of an agent as lost, and its spools but the present one as ended.

    Return how many rows changed.
    """
    own = table.c.agent == agent
    ended = tx.execute(sa.delete(table).where(own, table.c.spool != (spool or ""))).rowcount
    here = sa.update(table).where(own, table.c.missing != "[]")
    return ended + tx.execute(here.values(missing="[]")).rowcount


def _ranges(kept: str) -> tuple[tuple[int, int], ...]:
    return tuple((first, last) for first, last in json.loads(kept))
