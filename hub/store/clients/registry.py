"""The clients by id: their rights, and since when a client is retired. Nothing is deleted.

A retired client stays, so that its name in the audit never becomes somebody else's.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.rules.clients.client import Client
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.clients import clients


@dataclass(frozen=True, slots=True)
class Registered:
    """A client as it is kept."""

    client: Client
    made_at: datetime
    retired_at: datetime | None

    @property
    def retired(self) -> bool:
        """Whether the client was retired."""
        return self.retired_at is not None


def add(tx: Tx, client: Client, *, now: datetime) -> bool:
    """Add a client; False where its id was given before, also to one that is retired."""
    row = _row_of(client) | {"id": client.id, "made_at": now}
    return tx.execute(insert(tx, clients).on_conflict_do_nothing(), row).rowcount == 1


def locked(tx: Tx, id: str) -> Registered | None:
    """Return a client, None where there is none; it is locked until the transaction ends."""
    row = tx.execute(sa.select(clients).where(clients.c.id == id).with_for_update()).one_or_none()
    return None if row is None else _registered(row)


def all_of(tx: Tx) -> Sequence[Registered]:
    """Return every client by id."""
    return [_registered(row) for row in tx.execute(sa.select(clients).order_by(clients.c.id))]


def retire(tx: Tx, id: str, *, now: datetime) -> bool:
    """Retire a client; False where there is none, or it is retired."""
    statement = sa.update(clients).where(clients.c.id == id, clients.c.retired_at.is_(None))
    return tx.execute(statement.values(retired_at=now)).rowcount == 1


def change(tx: Tx, client: Client) -> None:
    """Write a client's rights anew; the caller has locked its row."""
    tx.execute(sa.update(clients).where(clients.c.id == client.id).values(**_row_of(client)))


def client_of(row: sa.Row[Any]) -> Client:
    """Return the client of a row that has the columns of `clients`."""
    return Client(
        id=row.id,
        operations=frozenset(json.loads(row.operations)),
        agencies=frozenset(json.loads(row.agencies)),
        addresses=tuple(json.loads(row.addresses)),
        calls_per_minute=row.calls_per_minute,
        calls_at_once=row.calls_at_once,
        must_sign=row.must_sign,
        signed_replies=row.signed_replies,
    )


def _registered(row: sa.Row[Any]) -> Registered:
    return Registered(client_of(row), row.made_at, row.retired_at)


def _row_of(client: Client) -> dict[str, object]:
    return {
        "operations": json.dumps(sorted(client.operations)),
        "agencies": json.dumps(sorted(client.agencies)),
        "addresses": json.dumps(list(client.addresses)),
        "calls_per_minute": client.calls_per_minute,
        "calls_at_once": client.calls_at_once,
        "must_sign": client.must_sign,
        "signed_replies": client.signed_replies,
    }
