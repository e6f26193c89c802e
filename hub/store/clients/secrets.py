"""What clients prove themselves with: the sha256 of a key or of a certificate, never the secret."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.clients.client import Client
from hub.store.clients.registry import client_of
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.clients import CERTIFICATE, client_secrets, clients

s, c = client_secrets.c, clients.c


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSecret:
    """A secret as it is kept."""

    prefix: str
    client: str
    kind: str
    digest: str
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    retired_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Return whether the secret opens anything at `now`."""
        return self.retired_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Holder:
    """A secret with the client that holds it."""

    client: Client
    secret: KeptSecret


def add(tx: Tx, secret: KeptSecret) -> bool:
    """Add a secret; False where its prefix or its digest is known."""
    row = {name: getattr(secret, name) for name in KeptSecret.__slots__}
    return tx.execute(insert(tx, client_secrets).on_conflict_do_nothing(), row).rowcount == 1


def of_client(tx: Tx, client: str) -> Sequence[KeptSecret]:
    """Return a client's secrets, the oldest first."""
    query = sa.select(client_secrets).where(s.client == client).order_by(s.made_at, s.prefix)
    return [KeptSecret(**row._asdict()) for row in tx.execute(query)]


def by_prefix(tx: Tx, prefix: str) -> Holder | None:
    """Return the live or expired secret of a prefix, None where it or its client is retired."""
    return _holder(tx, s.prefix == prefix)


def by_certificate(tx: Tx, fingerprint: str) -> Holder | None:
    """Return the certificate of a sha256, None where it or its client is retired."""
    return _holder(tx, sa.and_(s.digest == fingerprint, s.kind == CERTIFICATE))


def used(tx: Tx, prefixes: Collection[str], *, now: datetime) -> None:
    """Write down that secrets were used; in the order of their prefixes, as every locker does."""
    for prefix in sorted(prefixes):
        tx.execute(sa.update(client_secrets).where(s.prefix == prefix).values(last_used_at=now))


def retire(tx: Tx, client: str, prefix: str, *, now: datetime) -> bool:
    """Retire a secret of a client; False where it has no such secret that is not retired."""
    statement = sa.update(client_secrets).where(s.client == client, s.prefix == prefix)
    statement = statement.where(s.retired_at.is_(None)).values(retired_at=now)
    return tx.execute(statement).rowcount == 1


def ending(tx: Tx, *, before: datetime) -> Sequence[KeptSecret]:
    """Return the secrets of active clients that are not retired and end before a time."""
    query = sa.select(client_secrets).join(clients, c.id == s.client)
    query = query.where(s.retired_at.is_(None), c.retired_at.is_(None), s.expires_at < before)
    return [KeptSecret(**row._asdict()) for row in tx.execute(query.order_by(s.prefix))]


def _holder(tx: Tx, which: sa.ColumnElement[bool]) -> Holder | None:
    query = sa.select(client_secrets).join(clients, c.id == s.client)
    query = query.where(which, s.retired_at.is_(None), c.retired_at.is_(None))
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    secret = KeptSecret(**row._asdict())
    client = tx.execute(sa.select(clients).where(c.id == secret.client)).one()
    return Holder(client_of(client), secret)
