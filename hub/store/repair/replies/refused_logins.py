"""Deliveries that wait because a partner refuses the hub's login, once for a partner and cause."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.login_remedies import TASKS
from hub.store.engine.store import Tx
from hub.store.repair.replies.unproven_effects import IS_LAST_QUESTION, last
from hub.store.schema.tables.exchange import UNSETTLED, attempts, deliveries, pauses

TRIES_READ = 1000
_NOT_CALLED = frozenset({"partner_paused", "claim_late"})
"""Codes of claims that came to no call: the cause before them still holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLogin:
    """What waits at one partner with one cause."""

    destination: str
    code: str
    count: int
    since: datetime
    """When the delivery that is longest here was first refused so, or the pause began."""


def refused_logins(tx: Tx, *, now: datetime) -> list[RefusedLogin]:
    """Return what waits for a login, a certificate or a right, by partner and cause.

    Also what is not called at all while such a pause lasts, and unknown effects that cannot be
    asked about.
    """
    found: dict[tuple[str, str], list[sa.Row[Any]]] = {}
    for query in (_unsent(now), _unasked()):
        for row in tx.execute(query):
            found.setdefault((row.destination, row.code), []).append(row)
    return [
        RefusedLogin(
            destination=destination,
            code=code,
            count=sum(row.waiting for row in rows),
            since=min(_since(tx, row) for row in rows),
        )
        for (destination, code), rows in sorted(found.items())
    ]


def _unsent(now: datetime) -> sa.Select[Any]:
    """Return the query for what waits, and for what is pending or waits behind a pause."""
    waits = sa.and_(deliveries.c.state == S.WAITING.value, deliveries.c.code.in_(TASKS))
    paused = sa.and_(
        pauses.c.destination == deliveries.c.destination,
        pauses.c.operation == deliveries.c.type,
        pauses.c.code.in_(TASKS),
        pauses.c.expires_at > now,
    )
    cause = sa.case((waits, deliveries.c.code), else_=pauses.c.code)
    return (
        sa.select(deliveries.c.destination, cause.label("code"), sa.func.count().label("waiting"))
        .add_columns(
            sa.func.min(deliveries.c.id).label("first"), sa.func.min(pauses.c.since).label("since")
        )
        .select_from(deliveries.outerjoin(pauses, paused))
        .where(deliveries.c.state.in_([S.WAITING.value, S.PENDING.value]), UNSETTLED)
        .where(sa.or_(waits, pauses.c.code.is_not(None)))
        .group_by(deliveries.c.destination, cause)
    )


def _unasked() -> sa.Select[Any]:
    """Return the query for unknown effects whose last query was refused so."""
    no_pause = sa.null().cast(pauses.c.since.type).label("since")
    return (
        sa.select(deliveries.c.destination, last.c.code, sa.func.count().label("waiting"))
        .add_columns(sa.func.min(deliveries.c.id).label("first"), no_pause)
        .select_from(deliveries.join(last, IS_LAST_QUESTION))
        .where(deliveries.c.state == S.AMBIGUOUS.value, UNSETTLED, last.c.code.in_(TASKS))
        .group_by(deliveries.c.destination, last.c.code)
    )


def _since(tx: Tx, row: sa.Row[Any]) -> datetime:
    """Return when the first delivery of a row was first refused with nothing else since."""
    query = sa.select(attempts.c.started_at, attempts.c.finished_at, attempts.c.code).where(
        attempts.c.delivery_id == row.first
    )
    query = query.order_by(attempts.c.number.desc()).limit(TRIES_READ)
    since: datetime | None = row.since
    for tried in tx.execute(query):
        if tried.code == row.code:
            at = tried.finished_at or tried.started_at
            since = at if since is None else min(since, at)
        elif tried.finished_at is not None and tried.code not in _NOT_CALLED:
            break
    if since is None:  # its attempts were taken away
        made = sa.select(deliveries.c.created_at).where(deliveries.c.id == row.first)
        since = tx.execute(made).scalar_one()
    return since
