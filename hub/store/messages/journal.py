"""The journal: every message as it was said, and the proof that it is handled once.

A message enters by `accept` (from a source, deduplicated by meaning in the inbox) or straight from
the broker. `mark_handled` is the inbox by message id: its one statement records the message, marks
it handled and returns only the ids for which this happened now.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningInsert

from hub.messages import catalog, queues
from hub.messages.envelope import Message, decode_stored
from hub.messages.invalid import InvalidMessage
from hub.ports import Accepted
from hub.store.archive import late_messages
from hub.store.conservation import counts
from hub.store.engine.store import Tx, insert, insert_for
from hub.store.messages import new_messages, outbox
from hub.store.messages.new_messages import REPEATED
from hub.store.schema.tables.exchange import (
    STATE_ACCEPTED,
    STATE_EARLY,
    STATE_HANDLED,
    STATE_OUTGOING,
    STATE_PARKED,
    UNHANDLED,
    deliveries,
    inbox,
    journal,
)
from hub.store.statements.compiled import Compiled, any_of
from hub.store.statements.plan_hints import unindexed

# Written out: Compiled takes no list of its own.
_WAITING = sa.or_(journal.c.state == STATE_ACCEPTED, journal.c.state == STATE_EARLY)
_BODIES = Compiled(sa.select(journal.c.id, journal.c.body).where(any_of(journal.c.id, "ids")))


# Else PostgreSQL may go through the whole journal by its key, for the order's sake.
BY_ID = unindexed(journal.c.id)


def oldest(
    *conditions: sa.ColumnElement[bool], limit: int | sa.BindParameter[int] = 500
) -> sa.Select[Any]:
    """Return the query of unhandled messages in the order of their ids: id, type, wire form."""
    query = sa.select(journal.c.id, journal.c.type, journal.c.body)
    query = query.where(*conditions, UNHANDLED)
    return query.order_by(BY_ID).limit(limit)


def _mark_handled(dialect: str) -> ReturningInsert[Any]:
    statement = insert_for(dialect, journal).on_conflict_do_update(
        index_elements=[journal.c.id],
        set_={"state": STATE_HANDLED},
        where=journal.c.state == STATE_ACCEPTED,
    )
    return statement.returning(journal.c.id)


_TAKE = Compiled(_mark_handled, columns=REPEATED)


def _outgoing(dialect: str) -> ReturningInsert[Any]:
    statement = insert_for(dialect, journal).on_conflict_do_nothing()
    return statement.returning(journal.c.type, journal.c.version)


_EMIT = Compiled(_outgoing, columns=REPEATED)


class JournalEntry(msgspec.Struct, frozen=True):
    """A message with its wire form and the key of its meaning."""

    message: Message
    body: bytes
    dedup_key: str = ""


def _row(message: Message, body: bytes, state: str, now: datetime) -> dict[str, object]:
    return {
        "id": message.id,
        "type": message.type,
        "version": message.version,
        "key": message.key,
        "source": message.source,
        "time": message.time,
        "correlation_id": message.correlation_id,
        "causation_id": message.causation_id,
        "body": body,
        "state": state,
        "recorded_at": now,
    }


def accept(tx: Tx, entries: Sequence[JournalEntry], now: datetime) -> list[Accepted]:
    """Store new messages and enqueue their handling; answer a known meaning with its first id.

    A meaning whose first telling was parked is told anew: the sender corrects it that way. Raises
    InvalidMessage `content_differs` when a known meaning comes with another content, also in one
    batch: tried one by one, the first telling is then accepted and the other refused.
    """
    first: dict[str, JournalEntry] = {}  # in the order in which they came: so they are enqueued
    for entry in entries:
        first_entry = first.setdefault(entry.dedup_key, entry)
        if (
            entry.body != first_entry.body
        ):  # else the content of the later one would be lost unnoticed
            _must_agree(entry.message, first_entry.message)
    rows = {
        key: {**_row(entry.message, entry.body, STATE_ACCEPTED, now), "dedup_key": key}
        for key, entry in first.items()
    }
    fresh = new_messages.record(tx, list(rows.values()), now)
    known = _earlier_tellings(tx, [key for key in first if key not in fresh])
    for key, (message_id, state, body) in list(known.items()):
        if state == STATE_PARKED and message_id != first[key].message.id:
            here = inbox.c.dedup_key == key
            tx.execute(sa.update(inbox).where(here).values(message_id=first[key].message.id))
            new_messages.store(tx, [rows[key]])
            fresh.add(key)
            del known[key]
        elif body and body != first[key].body:  # one that was erased cannot be compared any more
            _must_agree(first[key].message, decode_stored(body))
    ids = {key: entry.message.id for key, entry in first.items() if key in fresh}
    ids |= {key: message_id for key, (message_id, _, _) in known.items()}
    return [
        Accepted(
            ids[entry.dedup_key],
            duplicate=entry.dedup_key not in fresh or entry is not first[entry.dedup_key],
        )
        for entry in entries
    ]


def _earlier_tellings(tx: Tx, keys: Sequence[str]) -> dict[str, tuple[str, str, bytes]]:
    """Return (message id, state, body) of what was said first under each key."""
    if not keys:
        return {}
    query = (
        sa.select(inbox.c.dedup_key, journal.c.id, journal.c.state, journal.c.body)
        .join(journal, journal.c.id == inbox.c.message_id)
        .where(inbox.c.dedup_key.in_(keys))
    )
    return {row.dedup_key: (row.id, row.state, row.body) for row in tx.execute(query)}


class FirstTelling(msgspec.Struct, frozen=True):
    """What was said first under a key."""

    id: str
    body: bytes
    """Empty where it was erased, or is not in the journal any more."""


def first_telling(tx: Tx, key: str, id: str) -> FirstTelling | None:
    """Return what was said first under a key or with an id, None where nothing was."""
    query = sa.select(inbox.c.message_id, journal.c.body).join(
        journal, journal.c.id == inbox.c.message_id, isouter=True
    )
    for here in (inbox.c.dedup_key == key, inbox.c.message_id == id):
        if (row := tx.execute(query.where(here)).first()) is not None:
            return FirstTelling(row.message_id, row.body or b"")
    return None


def _must_agree(message: Message, first: Message) -> None:
    """Raise InvalidMessage unless two tellings of the same thing agree in their content."""
    if not catalog.agree_in_content(message, first):
        why = f"it was accepted before as {first.id} with another content"
        raise InvalidMessage("content_differs", where="$.payload", why=why)


def mark_handled(tx: Tx, entries: Iterable[JournalEntry], now: datetime) -> set[str]:
    """Mark messages handled; return the ids that were not handled before.

    The others are repeats (or parked) and must not have an effect.
    """
    unique = {entry.message.id: entry for entry in entries}
    # By id, whatever the order of the batch: the same messages may be in two batches at once.
    ordered = (unique[id] for id in sorted(unique))
    rows = [_row(entry.message, entry.body, STATE_HANDLED, now) for entry in ordered]
    return {row.id for row in _TAKE.all_each(tx, rows)}


def record_outgoing(tx: Tx, entries: Sequence[JournalEntry], now: datetime) -> None:
    """Store messages that the hub says; a repeat (same derived id) changes nothing.

    Each that is new counts as accepted for the destination that reads it.
    """
    values = [_row(entry.message, entry.body, STATE_OUTGOING, now) for entry in entries]
    new = _EMIT.all_each(tx, values)
    counts.accepted(tx, (catalog.find(row.type, row.version).reader for row in new))


def park(tx: Tx, entry: JournalEntry, now: datetime, *, code: str, reason: str) -> None:
    """Set a message aside for an operator, with the reason; it is not handled again by itself.

    Without its body when the personal data of its dossier was erased.
    """
    values = {"state": STATE_PARKED, "code": code, "reason": reason}
    upsert_waiting(tx, entry, now, values)
    if entry.message.key:
        late_messages.empty_if_erased(tx, entry.message.id, entry.message.key, now=now)


def park_unreadable(tx: Tx, id: str, body: bytes, *, now: datetime, code: str, reason: str) -> bool:
    """Park what was accepted as `id` and cannot be read; tell whether the journal has it.

    False where the journal does not have these very bytes under that id, or had them until its
    dossier was erased: then nothing was written, because somebody else's noise must not set a good
    message aside.
    """
    columns = (journal.c.key, journal.c.body, journal.c.body_hash)
    query = sa.select(*columns).where(journal.c.id == id).with_for_update()
    row = tx.execute(query).one_or_none()
    if row is None or not new_messages.keeps(row, body):
        return False
    values = {"state": STATE_PARKED, "code": code, "reason": reason}
    tx.execute(sa.update(journal).where(journal.c.id == id, _WAITING).values(values))
    if row.key:
        late_messages.empty_if_erased(tx, id, row.key, now=now)
    return True


def upsert_waiting(
    tx: Tx, entry: JournalEntry, now: datetime, values: Mapping[str, object]
) -> None:
    """Write `values` for a message that waits to be handled; one that is handled stays."""
    row = {**_row(entry.message, entry.body, STATE_ACCEPTED, now), "early_since": None, **values}
    statement = insert(tx, journal)
    first = sa.func.coalesce(journal.c.early_since, statement.excluded.early_since)
    statement = statement.on_conflict_do_update(
        index_elements=[journal.c.id], set_={**values, "early_since": first}, where=_WAITING
    )
    tx.execute(statement, row)


def enqueue_unhandled(tx: Tx, *, after: str, limit: int = 500) -> list[str]:
    """Ask again for accepted messages that nobody handled, by id behind `after`; return the ids."""
    query = oldest(journal.c.state == STATE_ACCEPTED, after < BY_ID, limit=limit)
    return enqueue_rows(tx, tx.execute(query).all())


def enqueue_lost(
    tx: Tx, *, recorded_before: datetime, after: str, limit: int = 500
) -> tuple[int, str]:
    """Ask again for accepted messages whose queue message must have vanished, by id behind `after`.

    Returns how many, and the last id of a full page, "" when there is no next one. What still
    stands in the outbox was never lost; what waits in a long queue is enqueued twice and handled
    once.
    """
    rows = _OLD.all(tx, {"before": recorded_before, "after": after, "most": limit})
    if not rows:
        return 0, ""
    there = outbox.waiting(tx, [row.id for row in rows])
    enqueued = enqueue_rows(tx, [row for row in rows if row.id not in there])
    return len(enqueued), rows[-1].id if len(rows) == limit else ""


_OLD = Compiled(
    oldest(
        journal.c.state == STATE_ACCEPTED,
        journal.c.recorded_at < sa.bindparam("before"),
        sa.bindparam("after") < BY_ID,
        limit=sa.bindparam("most"),
    )
)


def unhandled(tx: Tx, *, after: str, limit: int = 500) -> dict[str, bytes]:
    """Return accepted messages that nobody handled, by id behind `after`: id and wire form."""
    query = oldest(journal.c.state == STATE_ACCEPTED, after < BY_ID, limit=limit)
    return {row.id: row.body for row in tx.execute(query)}


def enqueue_rows(tx: Tx, rows: Sequence[Any]) -> list[str]:
    """Enqueue what `oldest` read for the records, but for what another process has in hand.

    Returns the ids. Nobody is waited for: a repeat of an early message locks it and then wants its
    dossier, which may be locked by the one who asks for the message. What is passed over is found
    by the next sweep. What was handled or parked since the query is left out, too: it would be
    handled once more.
    """
    ids = [row.id for row in rows]
    if ids and tx.dialect.name == "postgresql":  # SQLite has one writer at a time
        ids = _FREE.scalars(tx, {"ids": ids})
    free = frozenset(ids)
    mine = [row for row in rows if row.id in free]
    outbox.put(tx, (outbox.ToPublish(queues.INGEST, row.id, row.type, row.body) for row in mine))
    if mine:
        these = sa.and_(journal.c.id.in_(free), _WAITING)
        tx.execute(sa.update(journal).where(these).values(state=STATE_ACCEPTED))
    return [row.id for row in mine]


_FREE = Compiled(
    sa.select(journal.c.id)
    .where(any_of(journal.c.id, "ids"), _WAITING)
    .with_for_update(skip_locked=True, key_share=True)
)


def bodies(tx: Tx, ids: Sequence[str]) -> dict[str, bytes]:
    """Return the wire forms of messages by id."""
    return {row.id: row.body for row in _BODIES.all(tx, {"ids": ids})}


def body_of(tx: Tx, delivery_id: int) -> bytes:
    """Return the wire form of the message of a delivery."""
    query = sa.select(journal.c.body).join(deliveries, deliveries.c.message_id == journal.c.id)
    body: bytes = tx.execute(query.where(deliveries.c.id == delivery_id)).scalar_one()
    return body
