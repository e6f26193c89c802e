"""The webhooks: where each stands, who sends to it just now, and how it does. Nothing is deleted.

One process at a time sends to an address, by a lease. What a sender writes down names its lease, so
that one whose lease has run out changes nothing any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.rules.clients.client import Client
from hub.store.clients.registry import client_of
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.clients import clients
from hub.store.schema.tables.webhooks import webhooks

LEASE = timedelta(minutes=2)
"""Longer than what one sender does with it, see `exchange/webhooks/dispatch.py`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that changes are sent to."""

    id: str
    client: str
    url: str
    made_at: datetime
    retired_at: datetime | None
    position: int
    """Up to here every change was taken, or waits."""
    replay_next: int | None
    """The position that a replay comes to next, None without one."""
    replay_to: int | None
    openings: int
    """How often its circuit opened since it was last closed."""
    paused_until: datetime | None
    failing_since: datetime | None
    """Since when it has taken nothing of what it was sent; None where the last one was taken."""
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_code: str
    """Fault code of the last failure, "" without one."""
    last_detail: str
    test_id: str | None
    """Id of a test event that is to be sent, None without one."""
    tested_at: datetime | None
    test_code: str
    """Fault code of the last test, "" where it was taken."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A webhook with the client that it belongs to."""

    webhook: Webhook
    client: Client


_READ = sa.select(*(webhooks.c[it.name] for it in fields(Webhook)))


def add(tx: Tx, id: str, *, client: str, url: str, position: int, now: datetime) -> bool:
    """Add a webhook that gets the changes behind a position; False where its id was given."""
    row = {"id": id, "client": client, "url": url, "position": position, "made_at": now}
    return tx.execute(insert(tx, webhooks).on_conflict_do_nothing(), row).rowcount == 1


def get(tx: Tx, id: str) -> Webhook | None:
    """Return a webhook, None where there is none."""
    row = tx.execute(_READ.where(webhooks.c.id == id)).one_or_none()
    return None if row is None else _webhook(row)


def all_of(tx: Tx, *, client: str = "") -> Sequence[Webhook]:
    """Return the webhooks, of one client where it is named, by id."""
    query = _READ.where(webhooks.c.client == client) if client else _READ
    return [_webhook(row) for row in tx.execute(query.order_by(webhooks.c.id))]


def active(tx: Tx) -> Sequence[Owned]:
    """Return what is sent to: neither the webhook nor its client is retired."""
    found = [it for it in all_of(tx) if it.retired_at is None]
    names = {it.client for it in found}
    query = sa.select(clients).where(clients.c.id.in_(names), clients.c.retired_at.is_(None))
    known = {row.id: client_of(row) for row in tx.execute(query)} if names else {}
    return [Owned(it, known[it.client]) for it in found if it.client in known]


def claim(tx: Tx, id: str, *, by: str, now: datetime) -> bool:
    """Take the lease of a webhook; False where another process has it.

    One that ends later than a lease can was taken by a clock that was ahead; it holds nobody up.
    """
    free = sa.or_(
        webhooks.c.lease_until.is_(None),
        webhooks.c.lease_until <= now,
        webhooks.c.lease_until > now + LEASE,
    )
    statement = sa.update(webhooks).where(
        webhooks.c.id == id, webhooks.c.retired_at.is_(None), free
    )
    values = {"leased_by": by, "lease_until": now + LEASE}
    return tx.execute(statement.values(values)).rowcount == 1


def release(tx: Tx, id: str, *, by: str) -> None:
    """Give the lease back."""
    statement = sa.update(webhooks).where(webhooks.c.id == id, webhooks.c.leased_by == by)
    tx.execute(statement.values(leased_by="", lease_until=None))


def record(tx: Tx, id: str, *, by: str, values: dict[str, Any]) -> bool:
    """Write down what a sender learnt; False where the lease is not its own any more."""
    statement = sa.update(webhooks).where(webhooks.c.id == id, webhooks.c.leased_by == by)
    return tx.execute(statement.values(values)).rowcount == 1


def retire(tx: Tx, id: str, *, now: datetime) -> bool:
    """Retire a webhook; False where there is none, or it is retired."""
    statement = sa.update(webhooks).where(webhooks.c.id == id, webhooks.c.retired_at.is_(None))
    return tx.execute(statement.values(retired_at=now)).rowcount == 1


def begin_replay(tx: Tx, id: str, *, first: int, last: int) -> bool:
    """Have a stretch of the feed sent again; False where a replay is under way."""
    statement = sa.update(webhooks).where(webhooks.c.id == id, webhooks.c.replay_next.is_(None))
    return tx.execute(statement.values(replay_next=first, replay_to=last)).rowcount == 1


def request_test(tx: Tx, id: str, *, test_id: str) -> None:
    """Have a test event sent."""
    tx.execute(sa.update(webhooks).where(webhooks.c.id == id).values(test_id=test_id))


def resume(tx: Tx, id: str) -> None:
    """End the pause of a webhook: the next event is sent at once."""
    tx.execute(sa.update(webhooks).where(webhooks.c.id == id).values(paused_until=None))


def _webhook(row: sa.Row[Any]) -> Webhook:
    return Webhook(**row._asdict())
