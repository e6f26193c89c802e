"""What clients prove themselves with: the sha256 of a key or of a certificate, never the secret."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.clients.client import Client
from hub.store.clients.registry import client_of
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.clients import CERTIFICATE, KEY, client_secrets, clients


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
    certificate_ends_at: datetime | None = None
    """When the certificate ends that was registered, or was shown last."""

    @property
    def ends_at(self) -> datetime:
        """Return when the secret opens nothing any more, as far as is known."""
        return min(self.expires_at, self.certificate_ends_at or self.expires_at)

    @property
    def binding(self) -> str:
        """Return by what of a certificate the client is known; "" for all of it, and for a key."""
        return self.digest.rpartition(":")[0]

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
    query = (
        sa.select(client_secrets)
        .where(client_secrets.c.client == client)
        .order_by(client_secrets.c.made_at, client_secrets.c.prefix)
    )
    return [KeptSecret(**row._asdict()) for row in tx.execute(query)]


def ever(tx: Tx, prefix: str) -> KeptSecret | None:
    """Return the secret of a prefix, retired or not, None where there is none."""
    row = tx.execute(sa.select(client_secrets).where(client_secrets.c.prefix == prefix)).first()
    return None if row is None else KeptSecret(**row._asdict())


def by_prefix(tx: Tx, prefix: str) -> Holder | None:
    """Return the live or expired secret of a prefix, None where it or its client is retired."""
    return _holder(tx, client_secrets.c.prefix == prefix)


def by_certificate(tx: Tx, digests: Sequence[str]) -> Holder | None:
    """Return the holder of a certificate by the first of its digests that is registered.

    None where there is none, or it or its client is retired.
    """
    found = (
        _holder(tx, sa.and_(client_secrets.c.digest == one, client_secrets.c.kind == CERTIFICATE))
        for one in digests
    )
    return next((holder for holder in found if holder is not None), None)


def key_digests(tx: Tx) -> dict[str, str]:
    """Return what is kept of every key of an active client that is not retired, by its prefix."""
    query = sa.select(client_secrets.c.prefix, client_secrets.c.digest).join(
        clients, clients.c.id == client_secrets.c.client
    )
    query = query.where(client_secrets.c.kind == KEY, client_secrets.c.retired_at.is_(None))
    return dict(map(tuple, tx.execute(query.where(clients.c.retired_at.is_(None)))))


def keys_of(tx: Tx, user: str) -> Sequence[Holder]:
    """Return the keys of a client that are not retired, by the client's id or by a key's prefix."""
    query = sa.select(client_secrets).join(clients, clients.c.id == client_secrets.c.client)
    query = query.where(
        sa.or_(client_secrets.c.client == user, client_secrets.c.prefix == user),
        client_secrets.c.kind == KEY,
    )
    query = query.where(
        client_secrets.c.retired_at.is_(None), clients.c.retired_at.is_(None)
    ).order_by(client_secrets.c.prefix)
    found = [KeptSecret(**row._asdict()) for row in tx.execute(query)]
    if not found:
        return []
    client = tx.execute(sa.select(clients).where(clients.c.id == found[0].client)).one()
    return [Holder(client_of(client), secret) for secret in found if secret.client == client.id]


def used(tx: Tx, prefixes: Collection[str], *, now: datetime) -> None:
    """Write down that secrets were used; in the order of their prefixes, as every locker does."""
    for prefix in sorted(prefixes):
        tx.execute(
            sa.update(client_secrets)
            .where(client_secrets.c.prefix == prefix)
            .values(last_used_at=now)
        )


def shown(tx: Tx, prefix: str, *, ends_at: datetime) -> None:
    """Write down when the certificate ends that a client showed."""
    tx.execute(
        sa.update(client_secrets)
        .where(client_secrets.c.prefix == prefix)
        .values(certificate_ends_at=ends_at)
    )


def retire(tx: Tx, client: str, prefix: str, *, now: datetime) -> bool:
    """Retire a secret of a client; False where it has no such secret that is not retired."""
    statement = sa.update(client_secrets).where(
        client_secrets.c.client == client, client_secrets.c.prefix == prefix
    )
    statement = statement.where(client_secrets.c.retired_at.is_(None)).values(retired_at=now)
    return tx.execute(statement).rowcount == 1


def ending(tx: Tx, *, before: datetime) -> Sequence[KeptSecret]:
    """Return the secrets of active clients that are not retired and end before a time."""
    query = sa.select(client_secrets).join(clients, clients.c.id == client_secrets.c.client)
    ends = sa.or_(
        client_secrets.c.expires_at < before, client_secrets.c.certificate_ends_at < before
    )
    query = query.where(client_secrets.c.retired_at.is_(None), clients.c.retired_at.is_(None), ends)
    return [
        KeptSecret(**row._asdict()) for row in tx.execute(query.order_by(client_secrets.c.prefix))
    ]


def _holder(tx: Tx, which: sa.ColumnElement[bool]) -> Holder | None:
    query = sa.select(client_secrets).join(clients, clients.c.id == client_secrets.c.client)
    query = query.where(
        which, client_secrets.c.retired_at.is_(None), clients.c.retired_at.is_(None)
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    secret = KeptSecret(**row._asdict())
    client = tx.execute(sa.select(clients).where(clients.c.id == secret.client)).one()
    return Holder(client_of(client), secret)
