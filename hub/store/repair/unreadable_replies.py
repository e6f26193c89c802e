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
h, a = handovers.c, attempts.c


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
        sa.select(h.seq, h.partner, h.operation, h.kind, h.answered_at, a.detail)
        .join(attempts, sa.and_(a.delivery_id == h.delivery_id, a.number == h.attempt))
        .where(h.seq > after, h.direction == OUT, h.code == UNREADABLE, a.kind == h.kind)
        .order_by(h.seq.desc())
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
        sa.select(h.partner, h.operation, h.kind, sa.func.max(h.seq).label("seq"))
        .where(h.seq > _after(tx), h.direction == OUT, h.outcome.in_(_READ))
        .group_by(h.partner, h.operation, h.kind)
    )
    return {Calls(row.partner, row.operation, row.kind): row.seq for row in tx.execute(query)}


def _after(tx: Tx) -> int:
    """Return the number after which the latest hand-overs are."""
    query = sa.select(chain_heads.c.seq).where(chain_heads.c.chain == "handovers")
    return max(0, (tx.execute(query).scalar_one_or_none() or 0) - LATEST)
