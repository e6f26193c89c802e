"""Resumable uploads: how many bytes are durable, who may go on writing, what became of the file.

The bytes lie beside the stored files until the upload is whole. `received` never says more than
what is synced there. The fence is a number that grows with every request that goes on writing: one
that has an older number writes nothing any more.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.files import uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptUpload:
    """One upload; sizes are in bytes."""

    id: str
    client: str
    """Who made it, and alone may see it, go on with it or end it."""
    size: int
    received: int
    fence: int
    metadata: str
    """As the client gave it (Upload-Metadata)."""
    made_at: datetime
    expires_at: datetime
    sha256: str | None = None
    """Of the file, as soon as that is known."""
    stored_at: datetime | None = None
    """When it became a stored file."""
    refused: str | None = None
    """The fault code for which it was not stored; `why` is the cause."""
    why: str | None = None

    @property
    def is_ended(self) -> bool:
        """Whether it was stored or refused."""
        return self.stored_at is not None or self.refused is not None


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What a client may have open at once."""

    uploads: int
    bytes: int


def add(tx: Tx, upload: KeptUpload, *, most: UploadLimits) -> bool:
    """Add an upload; False where its client has no room for it."""
    _lock(tx, upload.client)
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(uploads.c.size), 0)).where(
        uploads.c.client == upload.client,
        uploads.c.stored_at.is_(None),
        uploads.c.refused.is_(None),
        uploads.c.expires_at > upload.made_at,
    )
    count, total = tx.execute(query).one()
    if count >= most.uploads or total + upload.size > most.bytes:
        return False
    tx.execute(sa.insert(uploads), {name: getattr(upload, name) for name in KeptUpload.__slots__})
    return True


def find(tx: Tx, id: str, *, client: str) -> KeptUpload | None:
    """Return an upload of a client, None where it has no such one."""
    row = tx.execute(
        sa.select(uploads).where(uploads.c.id == id, uploads.c.client == client)
    ).one_or_none()
    return KeptUpload(**row._asdict()) if row else None


def take_over(tx: Tx, upload: KeptUpload) -> KeptUpload | None:
    """Return the upload with the fence of a new writer; None where it is gone."""
    statement = (
        sa.update(uploads).where(uploads.c.id == upload.id).values(fence=uploads.c.fence + 1)
    )
    row = tx.execute(statement.returning(*uploads.c)).one_or_none()
    return KeptUpload(**row._asdict()) if row else None


def fence_of(tx: Tx, id: str) -> int | None:
    """Return whose turn it is to write, None where the upload is gone."""
    fence: int | None = tx.execute(
        sa.select(uploads.c.fence).where(uploads.c.id == id)
    ).scalar_one_or_none()
    return fence


def record(tx: Tx, upload: KeptUpload, *, received: int, expires_at: datetime) -> bool:
    """Write down how much is durable; False where another one writes now, or the upload is gone."""
    statement = sa.update(uploads).where(uploads.c.id == upload.id, uploads.c.fence == upload.fence)
    return tx.execute(statement.values(received=received, expires_at=expires_at)).rowcount == 1


def name_content(tx: Tx, id: str, sha256: str) -> None:
    """Write down which file the upload is about to become."""
    tx.execute(sa.update(uploads).where(uploads.c.id == id).values(sha256=sha256))


def end(
    tx: Tx,
    id: str,
    *,
    sha256: str | None = None,
    refused: str | None = None,
    why: str | None = None,
    now: datetime,
) -> None:
    """Write down that it became the stored file `sha256`, or the code for which it was refused."""
    values = {"sha256": sha256, "refused": refused, "why": why}
    stored_at = now if sha256 else None
    tx.execute(sa.update(uploads).where(uploads.c.id == id).values(stored_at=stored_at, **values))


def remove(tx: Tx, ids: Collection[str]) -> int:
    """Remove uploads; return how many there were."""
    return tx.execute(sa.delete(uploads).where(uploads.c.id.in_(ids))).rowcount


def expired(tx: Tx, now: datetime, *, limit: int) -> Sequence[str]:
    """Return the ids of uploads whose time is over."""
    query = (
        sa.select(uploads.c.id)
        .where(uploads.c.expires_at <= now)
        .order_by(uploads.c.id)
        .limit(limit)
    )
    return tx.execute(query).scalars().all()


def known(tx: Tx, ids: Collection[str]) -> set[str]:
    """Return which of the ids are those of uploads."""
    return set(tx.execute(sa.select(uploads.c.id).where(uploads.c.id.in_(ids))).scalars())


def _lock(tx: Tx, client: str) -> None:
    """Have two processes count a client's uploads one after the other."""
    if tx.dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"uploads of {client}"))
        tx.execute(sa.select(lock))
