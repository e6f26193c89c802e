"""Replies that could not be read: which of the latest calls ended so, and which were read since.

Looks at the newest hand-overs only, by their numbers; so the cost does not grow with the store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.evidence.handovers import OUT
from hub.store.schema.tables.exchange import attempts, chain_heads, handovers

UNREADABLE = "reply_unreadable"
LATEST = 10_000
"""Hand-overs that are looked at: at a ward many days, in the largest town some minutes."""
MOST = 500
"""Unreadable replies that are looked at."""
_READ = ("delivered", "already", "absent", "unknown", "permanent")
"""Outcomes of calls whose reply was read."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls that are alike: the partner, what was called, and whether to send or to ask."""

    partner: str
    operation: str
    kind: str


@dataclass(frozen=True, slots=True)
class UnreadablePlace:
    """A call whose reply could not be read."""

    calls: Calls
    seq: int
    at: datetime
    detail: str
    """Where in the reply, what was read there, what to do; without values."""


def latest(tx: Tx) -> Sequence[UnreadablePlace]:
    """Return the unreadable ones among the latest calls, the newest first."""
    after = _after(tx)
    query = (
        sa.select(
            handovers.c.seq,
            handovers.c.partner,
            handovers.c.operation,
            handovers.c.kind,
            handovers.c.answered_at,
            attempts.c.detail,
        )
        .join(
            attempts,
            sa.and_(
                attempts.c.delivery_id == handovers.c.delivery_id,
                attempts.c.number == handovers.c.attempt,
            ),
        )
        .where(
            handovers.c.seq > after,
            handovers.c.direction == OUT,
            handovers.c.code == UNREADABLE,
            attempts.c.kind == handovers.c.kind,
        )
        .order_by(handovers.c.seq.desc())
        .limit(MOST)
    )
    return [
        UnreadablePlace(
            Calls(row.partner, row.operation, row.kind), row.seq, row.answered_at, row.detail or ""
        )
        for row in tx.execute(query)
    ]


def last_read(tx: Tx) -> dict[Calls, int]:
    """Return the number of the newest of the latest calls of each kind whose reply was read."""
    query = (
        sa.select(
            handovers.c.partner,
            handovers.c.operation,
            handovers.c.kind,
            sa.func.max(handovers.c.seq).label("seq"),
        )
        .where(
            handovers.c.seq > _after(tx),
            handovers.c.direction == OUT,
            handovers.c.outcome.in_(_READ),
        )
        .group_by(handovers.c.partner, handovers.c.operation, handovers.c.kind)
    )
    return {Calls(row.partner, row.operation, row.kind): row.seq for row in tx.execute(query)}


def _after(tx: Tx) -> int:
    """Return the number after which the latest hand-overs are."""
    query = sa.select(chain_heads.c.seq).where(chain_heads.c.chain == "handovers")
    return max(0, (tx.execute(query).scalar_one_or_none() or 0) - LATEST)
