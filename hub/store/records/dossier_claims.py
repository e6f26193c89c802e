"""Dossiers that wait to be received, held for one caller until a time: two never get the same.

A claim ends by itself. A dossier whose status has moved on waits no more, claimed or not. Claims of
all callers are taken one after the other, so that two at once see each other's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.records.dossiers import READ, Dossier, from_row
from hub.store.schema.tables.records import REGISTERED, dossier_claims, dossiers

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a caller wants to hold."""

    client: str
    key: str
    """The caller's own name of the call, "" without one."""
    limit: int
    lease: timedelta
    allowed: Callable[[str], bool]
    """Tells by its number whether the caller may be given a dossier."""

    @property
    def terms(self) -> str:
        """What must be equal when a call is repeated under its key."""
        return f"{self.limit} for {self.lease.total_seconds():.0f} s"


@dataclass(frozen=True, slots=True)
class ClaimedDossiers:
    """What a caller holds."""

    dossiers: Sequence[Dossier]
    until: datetime
    before: bool
    """Whether an earlier call under the same key has claimed them."""


def claim(tx: Tx, wanted: Wanted, *, now: datetime) -> ClaimedDossiers | None:
    """Hold waiting dossiers for a caller, the oldest first.

    While they are held, the same call under its key gets the same dossiers. None: the key holds
    dossiers by a call with other terms.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("dossier claims"))))
    tx.execute(sa.delete(dossier_claims).where(dossier_claims.c.until <= now))
    earlier = tx.execute(_claimed_before(wanted)).all() if wanted.key else []
    if earlier:
        if any(row.terms != wanted.terms for row in earlier):
            return None
        query = READ.where(
            dossiers.c.number.in_([row.number for row in earlier]), dossiers.c.erased_at.is_(None)
        )
        read = tx.execute(query.order_by(dossiers.c.received_at, dossiers.c.number))
        return ClaimedDossiers([from_row(row) for row in read], earlier[0].until, before=True)
    until = now + wanted.lease
    found = _waiting(tx, wanted)
    claim = {"client": wanted.client, "key": wanted.key, "terms": wanted.terms, "until": until}
    if found:
        rows = [{"number": dossier.number, **claim} for dossier in found]
        tx.execute(sa.insert(dossier_claims), rows)
    return ClaimedDossiers(found, until, before=False)


def _claimed_before(wanted: Wanted) -> sa.Select[tuple[str, str, datetime]]:
    query = sa.select(dossier_claims.c.number, dossier_claims.c.terms, dossier_claims.c.until)
    return query.where(dossier_claims.c.client == wanted.client, dossier_claims.c.key == wanted.key)


def _waiting(tx: Tx, wanted: Wanted) -> Sequence[Dossier]:
    claimed = sa.exists().where(dossier_claims.c.number == dossiers.c.number)
    query = READ.where(REGISTERED, dossiers.c.erased_at.is_(None), ~claimed)
    query = query.order_by(dossiers.c.received_at, dossiers.c.number).limit(_AT_ONCE)
    found: list[Dossier] = []
    after: Dossier | None = None
    while len(found) < wanted.limit:
        rows = tx.execute(query if after is None else query.where(_behind(after))).all()
        read = [from_row(row) for row in rows]
        found += [dossier for dossier in read if wanted.allowed(dossier.number)]
        if len(rows) < _AT_ONCE:
            break
        after = read[-1]
    return found[: wanted.limit]


def _behind(last: Dossier) -> sa.ColumnElement[bool]:
    same = sa.and_(dossiers.c.received_at == last.received_at, dossiers.c.number > last.number)
    return sa.and_(
        dossiers.c.received_at >= last.received_at,
        sa.or_(dossiers.c.received_at > last.received_at, same),
    )
