"""What stands and needs a person, in groups: by partner, operation and fault, not row by row.

The cost depends on what stands, never on what was done.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.scope import Scope
from hub.store.console.scope import within
from hub.store.engine.store import Tx
from hub.store.messages.parked import DISCARDED_CODE
from hub.store.schema.tables.conservation import LEFT_TO_PERSON
from hub.store.schema.tables.exchange import UNHANDLED, deliveries, journal


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionGroup:
    """Deliveries that stand for the same reason."""

    destination: str
    operation: str
    state: str
    code: str
    count: int
    since: datetime
    """When the oldest of them was opened."""
    newest: datetime
    """When the newest of them was opened."""


def needing_attention(tx: Tx, scope: Scope, limit: int = 50) -> list[AttentionGroup]:
    """Return the groups of dead deliveries and of unknown effects that are left to a person.

    The largest first.
    """
    left = sa.or_(
        deliveries.c.state == S.DEAD.value,
        sa.and_(
            deliveries.c.state == S.AMBIGUOUS.value,
            deliveries.c.next_attempt_at.is_(None),
        ),
    )
    kinds = (deliveries.c.destination, deliveries.c.type, deliveries.c.state, deliveries.c.code)
    query = (
        sa.select(*kinds, sa.func.count().label("found"))
        .add_columns(sa.func.min(deliveries.c.created_at).label("since"))
        .add_columns(sa.func.max(deliveries.c.created_at).label("newest"))
        .where(LEFT_TO_PERSON, left, *within(scope))
        .group_by(
            deliveries.c.destination, deliveries.c.state, deliveries.c.type, deliveries.c.code
        )
        .order_by(sa.func.count().desc(), *kinds)
    )
    return [
        AttentionGroup(
            destination=row.destination,
            operation=row.type,
            state=row.state,
            code=row.code or "",
            count=row.found,
            since=row.since,
            newest=row.newest,
        )
        for row in tx.execute(query.limit(limit))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedGroup:
    """Messages that were parked for the same reason."""

    type: str
    code: str
    count: int
    since: datetime


def message_groups(tx: Tx, limit: int = 50) -> list[ParkedGroup]:
    """Return the groups of parked messages, without discarded ones."""
    query = (
        sa.select(journal.c.type, journal.c.code, sa.func.count().label("found"))
        .add_columns(sa.func.min(journal.c.recorded_at).label("since"))
        .where(journal.c.state == "parked", journal.c.code != DISCARDED_CODE, UNHANDLED)
        .group_by(journal.c.type, journal.c.code)
        .order_by(sa.func.count().desc(), journal.c.type, journal.c.code)
    )
    return [
        ParkedGroup(type=row.type, code=row.code, count=row.found, since=row.since)
        for row in tx.execute(query.limit(limit))
    ]
