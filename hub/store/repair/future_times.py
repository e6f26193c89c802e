"""Times that a clock which was ahead has written: found once it is set back, and corrected.

Without that a retry or a question would wait for as long as the clock went back, the claim of a
dead process too. Evidence is what was written down as past and lies in the future: the time of the
last attempt, or of the last ask. A partner's own long `Retry-After` is not touched.

Everything that is open may be concerned at once. So it is found by one read, which nobody waits
for, and corrected in transactions of at most `PAGE` deliveries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import UNSETTLED, Instant, attempts, deliveries
from hub.store.statements.compiled import Compiled
from hub.store.statements.plan_hints import checked

FUTURE = timedelta(minutes=1)
"""What was written so far in the future was written before the clock was set back; less may be the
difference between two machines."""
PAGE = 500
_Move = tuple[sa.ColumnElement[bool], Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What counts as present: nothing that lies behind it is left in the future."""

    now: datetime
    soon: datetime
    """When a retry or a question is due that was planned by the wrong time."""
    lease_until: datetime
    """The longest that a claim of now may last."""


def concerned(tx: Tx, present: Present) -> list[int]:
    """Return the open deliveries with a time in the future, in the order of their numbers."""
    # Sorted here: ordered by the database, the way by the numbers of all deliveries may look short.
    return sorted(_CONCERNED.scalars(tx, _times(present)))


def correct(tx: Tx, ids: Sequence[int], present: Present) -> int:
    """Give deliveries a present time in the place of those in the future; return how many times.

    `ids`: at most `PAGE` of those that are `concerned`; one that has moved since is left alone.
    """
    # In one order, as all who lock several deliveries.
    tx.execute(
        sa.select(deliveries.c.id)
        .where(deliveries.c.id.in_(ids))
        .order_by(deliveries.c.id)
        .with_for_update()
    )
    count = 0
    for condition, values in _MOVES:
        mine = sa.and_(
            deliveries.c.id.in_(ids), checked(deliveries.c.settled_at.is_(None), condition)
        )
        statement = sa.update(deliveries).where(mine).values(values)
        count += tx.execute(statement, _times(present)).rowcount
    return count


def _times(present: Present) -> dict[str, object]:
    """Return the parameters of `_MOVES`."""
    late = present.now + FUTURE
    return {
        "now": present.now,
        "late": late,
        "far": max(late, present.soon),
        "soon": present.soon,
        "longest_lease": present.lease_until,
    }


def _moves() -> Sequence[_Move]:
    """Return (which deliveries, what they get), by kind of time."""
    now, late, soon, lease = map(_time, ("now", "late", "soon", "longest_lease"))
    last = sa.select(attempts.c.id).where(
        attempts.c.delivery_id == deliveries.c.id,
        attempts.c.number == deliveries.c.attempts,
        sa.or_(attempts.c.started_at > late, attempts.c.finished_at > late),
    )
    # Not EXISTS: PostgreSQL might read all attempts once for it.
    tried = last.limit(sa.literal_column("1")).scalar_subquery().is_not(None)
    far = deliveries.c.next_attempt_at > _time("far")
    claimed = sa.and_(deliveries.c.state == S.SENDING.value, deliveries.c.lease_until > lease)
    return (
        (deliveries.c.asked_at > late, {"asked_at": None}),
        # a lease that ran out was planned by the timer itself, never for later than `soon`
        (
            sa.and_(far, sa.or_(deliveries.c.code == "lease_expired", tried)),
            {"next_attempt_at": soon},
        ),
        (sa.and_(claimed, tried), {"lease_until": lease}),
        (deliveries.c.doubtful_since > late, {"doubtful_since": now}),
        (deliveries.c.absent_at > late, {"absent_at": None}),
    )


def _time(name: str) -> sa.BindParameter[datetime]:
    return sa.bindparam(name, type_=Instant)


_MOVES = _moves()
_CONCERNED = Compiled(
    sa.select(deliveries.c.id).where(UNSETTLED, sa.or_(*(condition for condition, _ in _MOVES)))
)
