"""What was done to a thing since a moment: by persons, and by calls. For a page that was old."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.actors import BY_HUB
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import attempts, audit

MOST = 20
_LATEST = 20_000
"""Rows of the audit that are looked at: it has no index by object, and a page is not so old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing that was done."""

    at: datetime
    actor: str
    action: str
    """As in the audit, or `call.KIND` for a call of the hub."""
    detail: str


def to_delivery(tx: Tx, id: int, *, since: datetime) -> list[Happened]:
    """Return what was done to a delivery, the oldest first."""
    found = [*_acts(tx, audit.c.object == str(id), since), *_calls(tx, id, since)]
    return sorted(found, key=lambda it: it.at)[-MOST:]


def to_objects(tx: Tx, names: Collection[str], *, since: datetime) -> list[Happened]:
    """Return what persons did to what the audit calls so, the oldest first."""
    return sorted(_acts(tx, audit.c.object.in_(names), since), key=lambda it: it.at)


def to_account(tx: Tx, name: str, *, since: datetime) -> list[Happened]:
    """Return what was done to a person's account, the oldest first, sign-ins too."""
    same = sa.or_(audit.c.object == name, audit.c.object.startswith(f"{name} ", autoescape=True))
    of_accounts = audit.c.action.startswith("users.")
    return sorted(_acts(tx, sa.and_(of_accounts, same), since), key=lambda it: it.at)


def to_replay(tx: Tx, number: int, *, since: datetime) -> list[Happened]:
    """Return what was ordered about a replay plan, the oldest first."""
    of_plans = audit.c.action.startswith("replay.", autoescape=True)
    same = sa.and_(of_plans, audit.c.object == str(number))
    return sorted(_acts(tx, same, since), key=lambda it: it.at)


def to_agent(tx: Tx, id: str, *, since: datetime) -> list[Happened]:
    """Return what was done to the agent of a workstation, the oldest first."""
    same = sa.or_(audit.c.object == id, audit.c.object.startswith(f"{id} ", autoescape=True))
    of_agents = audit.c.action.startswith("edge.")
    return sorted(_acts(tx, sa.and_(of_agents, same), since), key=lambda it: it.at)


def to_message(tx: Tx, id: str, *, since: datetime) -> list[Happened]:
    """Return what persons did to parked messages, the oldest first; `id`: to one of them.

    An act on many names them by what they have in common.
    """
    named = sa.or_(audit.c.object.contains(id, autoescape=True), audit.c.object.startswith("{"))
    done = audit.c.action.in_(("message.unpark", "message.drop"))
    return sorted(_acts(tx, sa.and_(done, named), since), key=lambda it: it.at)


def _acts(tx: Tx, same: sa.ColumnElement[bool], since: datetime) -> Iterator[Happened]:
    last = tx.execute(sa.select(sa.func.max(audit.c.seq))).scalar() or 0
    query = sa.select(audit).where(audit.c.seq > last - _LATEST, audit.c.at >= since, same)
    for row in tx.execute(query.order_by(audit.c.seq.desc()).limit(MOST)):
        yield Happened(at=row.at, actor=row.actor, action=row.action, detail=row.reason)


def _calls(tx: Tx, id: int, since: datetime) -> Iterator[Happened]:
    query = sa.select(attempts).where(attempts.c.delivery_id == id, attempts.c.finished_at >= since)
    for row in tx.execute(query.order_by(attempts.c.number.desc()).limit(MOST)):
        outcome = " ".join(filter(None, (row.outcome, row.code)))
        yield Happened(at=row.finished_at, actor=BY_HUB, action=f"call.{row.kind}", detail=outcome)
