"""What has come of each device's events, by agent and spool.

A row is needed as long as its agent uses the spool, and after that while a person may still look
for what the old spool held: ninety days. An agent has no more rows than `MOST_DEVICES` in each of
`MOST_SPOOLS` spools, whatever it sends; beyond that its events are stored, and their gaps not seen.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from hub.rules.edge.protocol import MOST_DEVICES
from hub.rules.edge.sequence import Progress, SequencePlace, record
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.edge import edge_agents as agents
from hub.store.schema.tables.edge import edge_sequences as table

KEPT: Final = timedelta(days=90)
"""How long a sequence of a spool is kept that its agent does not use any more."""
MOST_SPOOLS: Final = 20
MOST_REFUSED: Final = 200
"""Refused events of a device that are remembered, the newest."""
_KEPT_ROW: Final = sa.select(table.c.last, table.c.missing, table.c.refused)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Events of one device that the journal has, in the order in which they came."""

    agent: str
    spool: str
    device: str
    sequences: tuple[int, ...]
    refused: tuple[tuple[int, str], ...] = ()
    """Of these the refused ones with the ids of their messages, which may be sent again."""


@dataclass(frozen=True, slots=True)
class DeviceSequence:
    """The progress of one device."""

    agent: str
    spool: str
    device: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a device's numbers."""

    progress: Progress
    refused: tuple[tuple[int, str], ...]


def known(tx: Tx, agent: str, spool: str) -> dict[str, Known]:
    """Return what is known of the numbers of a spool, by device."""
    here = (table.c.agent == agent) & (table.c.spool == spool)
    query = sa.select(table.c.device, table.c.last, table.c.missing, table.c.refused)
    return {
        row.device: Known(Progress(row.last, _ranges(row.missing)), _refused(row.refused))
        for row in tx.execute(query.where(here))
    }


def arrive(tx: Tx, arrived: Arrived, *, now: datetime) -> list[SequencePlace]:
    """Store that events came; return where each stands in its sequence."""
    here = (
        (table.c.agent == arrived.agent)
        & (table.c.spool == arrived.spool)
        & (table.c.device == arrived.device)
    )
    row = tx.execute(_KEPT_ROW.where(here).with_for_update())
    kept = row.one_or_none()
    if kept is None and not _has_room(tx, arrived):
        return []
    progress = Progress() if kept is None else Progress(kept.last, _ranges(kept.missing))
    places = []
    for sequence in arrived.sequences:
        progress, place = record(progress, sequence)
        places.append(place)
    values = {
        "last": progress.last,
        "missing": json.dumps(progress.missing),
        "heard_at": now,
        "refused": json.dumps(_newest(None if kept is None else kept.refused, arrived.refused)),
    }
    statement = insert(tx, table).values(
        agent=arrived.agent, spool=arrived.spool, device=arrived.device, **values
    )
    key = [table.c.agent, table.c.spool, table.c.device]
    tx.execute(statement.on_conflict_do_update(index_elements=key, set_=values))
    return places


def _has_room(tx: Tx, arrived: Arrived) -> bool:
    """Tell whether an agent may have a row more; a further spool replaces the one heard first."""
    own = table.c.agent == arrived.agent
    query = sa.select(table.c.spool, sa.func.count(), sa.func.max(table.c.heard_at)).where(own)
    rows = tx.execute(query.group_by(table.c.spool)).all()
    devices: dict[str, int] = {spool: count for spool, count, _ in rows}
    if arrived.spool in devices:
        return devices[arrived.spool] < MOST_DEVICES
    if len(devices) >= MOST_SPOOLS:
        first = min(rows, key=lambda row: row[2])[0]
        tx.execute(sa.delete(table).where(own, table.c.spool == first))
    return True


def forget_old(tx: Tx, now: datetime) -> None:
    """Remove sequences of long ago whose agent has another spool since, or was revoked."""
    present = sa.select(agents.c.id).where(
        agents.c.id == table.c.agent,
        agents.c.spool == table.c.spool,
        agents.c.revoked_at.is_(None),
    )
    tx.execute(sa.delete(table).where(table.c.heard_at < now - KEPT, ~sa.exists(present)))


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


def forget_spool(tx: Tx, agent: str, spool: str) -> None:
    """Remove what came of a spool whose events another one holds now, but for what is missing."""
    own = (table.c.agent == agent) & (table.c.spool == spool)
    tx.execute(sa.delete(table).where(own, table.c.missing == "[]"))


def _newest(kept: str | None, refused: tuple[tuple[int, str], ...]) -> tuple[tuple[int, str], ...]:
    return tuple(dict.fromkeys((*_refused(kept), *refused)))[-MOST_REFUSED:]


def _refused(kept: str | None) -> tuple[tuple[int, str], ...]:
    return tuple((sequence, id) for sequence, id in json.loads(kept or "[]"))


def _ranges(kept: str) -> tuple[tuple[int, int], ...]:
    return tuple((first, last) for first, last in json.loads(kept))
