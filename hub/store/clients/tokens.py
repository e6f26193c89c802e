"""Access tokens of clients: the sha256 of each, the secret that it was given for, its scope.

A token is worth what its secret is: it ends with the secret's end or retirement, or its client's.
Tokens that are over are deleted as the next one of the same secret is issued.
"""

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from hub.rules.clients.access_tokens import narrowed
from hub.store.clients import secrets
from hub.store.clients.secrets import Holder
from hub.store.engine.store import Tx
from hub.store.schema.tables.clients import client_secrets, client_tokens


def add(
    tx: Tx, digest: str, *, secret: str, scope: str, now: datetime, expires_at: datetime
) -> None:
    """Keep a token of a secret; `scope` as `hub.rules.clients.access_tokens.scope_of` has it."""
    tx.execute(
        sa.delete(client_tokens).where(
            client_tokens.c.secret == secret, client_tokens.c.expires_at <= now
        )
    )
    row = {"digest": digest, "secret": secret, "scope": scope, "expires_at": expires_at}
    tx.execute(sa.insert(client_tokens), row)


def by_digest(tx: Tx, digest: str) -> Holder | None:
    """Return the holder of a token, None where there is none; its secret ends with the token."""
    row = tx.execute(sa.select(client_tokens).where(client_tokens.c.digest == digest)).one_or_none()
    holder = secrets.by_prefix(tx, row.secret) if row is not None else None
    if row is None or holder is None:
        return None
    ends = min(row.expires_at, holder.secret.expires_at)
    return replace(
        holder,
        client=narrowed(holder.client, row.scope),
        secret=replace(holder.secret, expires_at=ends),
    )


def client_of(tx: Tx, digest: str) -> str | None:
    """Return the client that a token was given to, None for a token that is not kept."""
    query = sa.select(client_secrets.c.client).join(
        client_tokens, client_tokens.c.secret == client_secrets.c.prefix
    )
    found: str | None = tx.execute(
        query.where(client_tokens.c.digest == digest)
    ).scalar_one_or_none()
    return found


def remove(tx: Tx, digest: str) -> None:
    """End a token."""
    tx.execute(sa.delete(client_tokens).where(client_tokens.c.digest == digest))
