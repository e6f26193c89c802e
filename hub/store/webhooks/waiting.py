"""What an address did not take yet: changes that failed, and later ones of the same dossiers."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.webhooks import webhook_waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingChange:
    """A change that an address did not take, or that waits behind such a one."""

    position: int
    number: str
    attempts: int
    since: datetime
    next_attempt_at: datetime
    code: str
    """Fault code of the last attempt, "" before the first."""


_READ = sa.select(*(webhook_waiting.c[it.name] for it in fields(WaitingChange)))


def of_webhook(tx: Tx, webhook: str) -> Sequence[WaitingChange]:
    """Return what waits for an address, in the order of the feed."""
    query = _READ.where(webhook_waiting.c.webhook == webhook).order_by(webhook_waiting.c.position)
    return [WaitingChange(**row._asdict()) for row in tx.execute(query)]


def keep(tx: Tx, webhook: str, change: WaitingChange) -> None:
    """Keep what waits; one that waits already gets its new attempts, time and code."""
    row = {name: getattr(change, name) for name in WaitingChange.__slots__}
    put = insert(tx, webhook_waiting).values(webhook=webhook, **row)
    fresh = {name: put.excluded[name] for name in ("attempts", "next_attempt_at", "code")}
    tx.execute(
        put.on_conflict_do_update(
            index_elements=[webhook_waiting.c.webhook, webhook_waiting.c.position], set_=fresh
        )
    )


def keep_behind(tx: Tx, webhook: str, change: WaitingChange) -> None:
    """Keep a change behind one of its dossier; one that waits already stays as it is."""
    row = {name: getattr(change, name) for name in WaitingChange.__slots__}
    put = insert(tx, webhook_waiting).values(webhook=webhook, **row)
    tx.execute(put.on_conflict_do_nothing())


def remove(tx: Tx, webhook: str, position: int) -> None:
    """Forget what waited: it was taken, or has left the feed."""
    tx.execute(
        sa.delete(webhook_waiting).where(
            webhook_waiting.c.webhook == webhook, webhook_waiting.c.position == position
        )
    )


def hasten(tx: Tx, webhook: str, *, now: datetime) -> None:
    """Have everything that waits for an address sent at once: it takes events again."""
    later = sa.update(webhook_waiting).where(
        webhook_waiting.c.webhook == webhook, webhook_waiting.c.next_attempt_at > now
    )
    tx.execute(later.values(next_attempt_at=now))
