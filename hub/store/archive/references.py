"""Which stored files are still referenced, by a dossier or by a message that is not handled yet."""

import re
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from hub.messages.envelope import decode_stored
from hub.messages.invalid import InvalidMessage
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import UNHANDLED, UNNEEDED, blobs, journal
from hub.store.schema.tables.records import dossier_files, dossiers
from hub.store.statements.compiled import Compiled, any_of

_THEIRS = sa.select(dossier_files.c.sha256).where(any_of(dossier_files.c.number, "numbers"))
_MARK = Compiled(
    sa.update(blobs).where(blobs.c.sha256.in_(_THEIRS)).values(unneeded_at=sa.bindparam("at"))
)
# A condition that is looked up for each file: PostgreSQL would make a join with all dossiers of it.
_READABLE = (
    sa.select(dossiers.c.erased_at.is_(None))
    .where(dossiers.c.number == dossier_files.c.number)
    .correlate(dossier_files)
    .scalar_subquery()
)
_SHOWN = Compiled(
    sa.select(dossier_files.c.sha256)
    .distinct()
    .where(any_of(dossier_files.c.sha256, "hashes"), _READABLE.is_(sa.true()))
)
_PAPER = "devices.paper"
_PAPERS = Compiled(
    sa.select(journal.c.body).where(
        any_of(journal.c.key, "numbers"),
        journal.c.type == _PAPER,
        journal.c.body_hash.is_(None),
    )
)
_FILE_HASH = re.compile(rb"[0-9a-f]{64}")
"""What else has this form is no stored file, and whether somebody needs one is asked before it is
removed."""
_KNOWN = Compiled(sa.select(blobs.c.sha256).where(any_of(blobs.c.sha256, "hashes")))


def shown(tx: Tx, hashes: Collection[str]) -> set[str]:
    """Return those of the files that a dossier here has and may show."""
    return set(_SHOWN.scalars(tx, {"hashes": list(hashes)}))


def known(tx: Tx, hashes: Collection[str]) -> set[str]:
    """Return those of the files that a message has named, here or before it was archived."""
    return set(_KNOWN.scalars(tx, {"hashes": list(hashes)}))


def awaited(tx: Tx) -> set[str]:
    """Return the files that messages name which are not handled yet.

    Reads all such messages, and a receiver that stood still for a day has left many: ask once.
    """
    found: set[str] = set()
    query = sa.select(journal.c.body).where(UNHANDLED, journal.c.state != "")
    for (body,) in tx.execute(query.execution_options(yield_per=500)):
        try:
            found |= {file.sha256 for file in decode_stored(body).attachments}
        except InvalidMessage:  # parked because it cannot be read: it names no file
            continue
    return found


def mark_unneeded(tx: Tx, numbers: Collection[str], *, now: datetime) -> None:
    """Mark the files of dossiers that leave, or are erased, and the papers printed of them.

    In the same transaction: so they are removed also when the process dies before it could. Whether
    another dossier has one of them is asked when it is removed.
    """
    _MARK.run(tx, {"numbers": list(numbers), "at": now})
    for body in list(_PAPERS.scalars(tx, {"numbers": list(numbers)})):
        mark(tx, named_in(body), now=now)


def named_in(body: bytes) -> set[str]:
    """Return the hashes that a message may name as its files."""
    return {found.decode() for found in _FILE_HASH.findall(body)}


def mark(tx: Tx, hashes: Collection[str], *, now: datetime) -> None:
    """Mark files by their hash, as `mark_unneeded` does those of dossiers."""
    if hashes:
        tx.execute(sa.update(blobs).where(blobs.c.sha256.in_(hashes)).values(unneeded_at=now))


def unneeded(tx: Tx, *, after: str, limit: int) -> list[str]:
    """Return files that were marked, by hash behind `after`."""
    query = sa.select(blobs.c.sha256).where(UNNEEDED, blobs.c.sha256 > after)
    return list(tx.execute(query.order_by(blobs.c.sha256).limit(limit)).scalars())


def keep(tx: Tx, hashes: Collection[str]) -> None:
    """Take the mark off files that somebody needs."""
    if hashes:
        kept = sa.update(blobs).where(blobs.c.sha256.in_(hashes))
        tx.execute(kept.values(unneeded_at=None))


def forget(tx: Tx, hashes: Collection[str]) -> None:
    """Forget files that are not stored here any more."""
    if hashes:
        tx.execute(sa.delete(blobs).where(blobs.c.sha256.in_(hashes), UNNEEDED))
