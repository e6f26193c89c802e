"""Archive files in the store: how far each is, and the chain of their manifests."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.archive import DONE, UNFINISHED, WRITING, WRITTEN, archive_files


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFile:
    """One archive file; hashes are sha256, None while it is being written."""

    seq: int
    name: str
    month: str
    state: str
    begun_at: datetime
    ended_at: datetime | None
    size: int | None
    sha256: str | None
    manifest_hash: str | None
    previous_hash: str | None
    """The hash of the manifest before, "" for the first one."""
    dossiers: int | None
    rows: int | None


class FileMoved(Exception):
    """An archive file is not in the state that the step starts from; nothing was written."""


def begin(tx: Tx, *, name: str, month: str, now: datetime) -> int:
    """Record that a file is about to be written; return its number."""
    values = {"name": name, "month": month, "state": WRITING, "begun_at": now}
    statement = sa.insert(archive_files).values(values).returning(archive_files.c.seq)
    seq: int = tx.execute(statement).scalar_one()
    return seq


def complete(tx: Tx, seq: int, *, previous_hash: str, **facts: Any) -> None:
    """Record that a file is complete on disk: size, hashes, counts.

    Raises FileMoved when another file has become the newest one since `previous_hash` was read.
    """
    if tx.dialect.name == "postgresql":  # one that completes another waits, and then sees this one
        tx.execute(sa.text("LOCK TABLE archive_files IN SHARE ROW EXCLUSIVE MODE"))
    if last_manifest(tx) != previous_hash:
        raise FileMoved(f"archive file {seq} does not follow from the newest one")
    _move(tx, seq, WRITING, {"state": WRITTEN, "previous_hash": previous_hash, **facts})


def end(tx: Tx, seq: int, *, now: datetime) -> None:
    """Record that nothing is left to be done for a file."""
    _move(tx, seq, WRITTEN, {"state": DONE, "ended_at": now})


def discard(tx: Tx, seq: int) -> None:
    """Forget a file for which nothing was deleted; only the newest one can be such."""
    left = sa.delete(archive_files).where(
        archive_files.c.seq == seq, archive_files.c.state.in_([WRITING, WRITTEN])
    )
    if tx.execute(left).rowcount != 1:
        raise FileMoved(f"archive file {seq} is done")


def _move(tx: Tx, seq: int, since: str, values: dict[str, Any]) -> None:
    moved = tx.execute(
        sa.update(archive_files)
        .where(archive_files.c.seq == seq, archive_files.c.state == since)
        .values(values)
    )
    if moved.rowcount != 1:
        raise FileMoved(f"archive file {seq} is not {since}")


def unfinished(tx: Tx) -> list[ArchiveFile]:
    """Return the files for which something is left to be done, oldest first."""
    query = sa.select(archive_files).where(UNFINISHED).order_by(archive_files.c.seq)
    return [ArchiveFile(**row) for row in tx.execute(query).mappings()]


def known(tx: Tx) -> list[ArchiveFile]:
    """Return every file that was completed, in the order of the chain."""
    query = (
        sa.select(archive_files)
        .where(archive_files.c.state != WRITING)
        .order_by(archive_files.c.seq)
    )
    return [ArchiveFile(**row) for row in tx.execute(query).mappings()]


def newest(tx: Tx) -> str:
    """Return the name of the newest file that was completed, "" when there is none."""
    query = (
        sa.select(archive_files.c.name)
        .where(archive_files.c.state != WRITING)
        .order_by(archive_files.c.seq.desc())
        .limit(1)
    )
    return tx.execute(query).scalar_one_or_none() or ""


def one(tx: Tx, seq: int) -> ArchiveFile:
    """Return one file."""
    row = tx.execute(sa.select(archive_files).where(archive_files.c.seq == seq)).mappings().one()
    return ArchiveFile(**row)


def last_manifest(tx: Tx) -> str:
    """Return the hash of the newest manifest, "" when there is none."""
    query = (
        sa.select(archive_files.c.manifest_hash)
        .where(archive_files.c.state != WRITING)
        .order_by(archive_files.c.seq.desc())
        .limit(1)
    )
    return tx.execute(query).scalar_one_or_none() or ""
