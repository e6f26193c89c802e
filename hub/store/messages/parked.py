"""Parked messages: which there are, how they are retried, or discarded.

The journal parks them. A message that is retried keeps its id and is asked for like
one that has just been accepted; while its cause is there, it is parked again. One that is
discarded stays parked without its body, so that the sender can still say the same under another id.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.messages import queues
from hub.store.archive import candidates, late_messages
from hub.store.engine.store import Tx
from hub.store.messages import isolated_attempts, outbox
from hub.store.schema.tables.exchange import (
    STATE_ACCEPTED,
    STATE_HANDLED,
    STATE_PARKED,
    UNHANDLED,
    journal,
)

_USABLE = sa.and_(journal.c.state == STATE_PARKED, journal.c.body_hash.is_(None))
DISCARDED_CODE = "message_dropped"
WAITS = sa.and_(journal.c.state == STATE_PARKED, journal.c.code != DISCARDED_CODE)
"""Waits for a person, with or without a body."""
PARKED, ERASED, DISCARDED = STATE_PARKED, "erased", "discarded"
"""Parked; in the place of a state: content was erased with its dossier, or was discarded."""
_IS_DISCARDED = sa.and_(journal.c.state == STATE_PARKED, journal.c.code == DISCARDED_CODE)
_IS_ERASED = sa.and_(journal.c.state == STATE_PARKED, journal.c.body_hash.is_not(None))
STATE = sa.case((_IS_DISCARDED, DISCARDED), (_IS_ERASED, ERASED), else_=journal.c.state)
"""A message's state, with those two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedFilter:
    """Which parked messages; what is not given does not narrow it. Times are of recording."""

    type: str = ""
    code: str = ""
    dossier: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def __str__(self) -> str:
        given = {name: value for name, value in asdict(self).items() if value}
        return msgspec.json.encode(given).decode()

    @property
    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The selection as conditions on the journal."""
        given: dict[Any, str] = {
            journal.c.type: self.type,
            journal.c.code: self.code,
            journal.c.key: self.dossier,
        }
        found: list[sa.ColumnElement[bool]] = [
            column == value for column, value in given.items() if value
        ]
        if self.since:
            found.append(journal.c.recorded_at >= self.since)
        if self.until:
            found.append(journal.c.recorded_at < self.until)
        return found


@dataclass(frozen=True, slots=True)
class Parked:
    """One message that was parked, with code and reason."""

    id: str
    type: str
    key: str
    code: str
    reason: str


def select(tx: Tx, selection: ParkedFilter, *, emptied: bool = False) -> list[Parked]:
    """Return the parked messages of a selection, all of them, by id.

    `emptied`: also those whose body was erased with their dossier.
    """
    return _find(tx, WAITS if emptied else _USABLE, *selection.conditions)


def among(tx: Tx, ids: Sequence[str], *, emptied: bool = False) -> list[Parked]:
    """Return those of `ids` that are parked, by id; `emptied` as in `select`."""
    return _find(tx, WAITS if emptied else _USABLE, journal.c.id.in_(ids))


def codes(tx: Tx) -> list[str]:
    """Return the codes that parked messages have."""
    query = sa.select(journal.c.code).distinct().where(UNHANDLED, WAITS)
    return list(tx.execute(query).scalars())


def _find(tx: Tx, *conditions: sa.ColumnElement[bool]) -> list[Parked]:
    query = sa.select(journal.c.id, journal.c.type, journal.c.key, journal.c.code, journal.c.reason)
    query = query.where(UNHANDLED, *conditions)
    return [Parked(*row) for row in tx.execute(query.order_by(journal.c.id))]


def retry(tx: Tx, ids: Sequence[str]) -> list[str]:
    """Make those of `ids` that are parked accepted, and ask for them; return their ids.

    In the order of their ids, also the locks: two who retry the same must not wait in a ring.
    """
    query = sa.select(journal.c.id, journal.c.type, journal.c.body).where(
        _USABLE, journal.c.id.in_(ids)
    )
    rows = tx.execute(query.order_by(journal.c.id).with_for_update()).all()
    found = [row.id for row in rows]
    if found:
        fresh = {"state": STATE_ACCEPTED, "code": None, "reason": None, "early_since": None}
        tx.execute(sa.update(journal).where(journal.c.id.in_(found)).values(fresh))
        isolated_attempts.end(tx, *found)  # taking it up says that it is poison no longer
    outbox.put(tx, (outbox.ToPublish(queues.INGEST, row.id, row.type, row.body) for row in rows))
    return found


def discard(tx: Tx, ids: Sequence[str], *, now: datetime) -> list[str]:
    """Empty those of `ids` that are parked, for good; return their ids.

    Left alone is what is about a dossier with a legal hold. Hash and size stay, and the old code
    stands in the reason; files that only these messages name are marked for removal.
    """
    query = sa.select(journal.c.id, journal.c.key).where(WAITS, journal.c.id.in_(ids))
    rows = tx.execute(query.order_by(journal.c.id).with_for_update()).all()
    on_hold = candidates.on_hold(tx, {row.key for row in rows})
    found = [row.id for row in rows if row.key not in on_hold]
    for key in sorted({row.key for row in rows} - on_hold):
        candidates.recheck(tx, key)  # the next run of the archive, not that of next month
    for id in found:
        late_messages.empty(tx, id, now=now)
    if found:
        reason = journal.c.code + ": " + sa.func.coalesce(journal.c.reason, "")
        discarded = sa.update(journal).where(journal.c.id.in_(found))
        tx.execute(discarded.values(code=DISCARDED_CODE, reason=reason))
        isolated_attempts.end(tx, *found)
    return found


def mark_handled(tx: Tx, id: str) -> None:
    """Mark one parked message handled: a person settled what it says. Its body stays."""
    done = sa.update(journal).where(WAITS, journal.c.id == id)
    tx.execute(done.values(state=STATE_HANDLED, code=None, reason=None))


def codes_of(tx: Tx, ids: Sequence[str]) -> dict[str, str]:
    """Return why messages are parked, by id, locked until the transaction ends; no others."""
    query = sa.select(journal.c.id, journal.c.code).where(WAITS, journal.c.id.in_(ids))
    rows = tx.execute(query.order_by(journal.c.id).with_for_update())
    return {row.id: row.code for row in rows}


def states(tx: Tx, ids: Sequence[str]) -> dict[str, str]:
    """Return the states of messages by id, ERASED or DISCARDED; nothing of unknown ones."""
    query = sa.select(journal.c.id, STATE.label("state"))
    return {row.id: row.state for row in tx.execute(query.where(journal.c.id.in_(ids)))}
