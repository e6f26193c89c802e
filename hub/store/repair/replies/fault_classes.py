"""Reply codes that no table knows: counted when they come, and classified by a person once.

A verdict is read in the transaction that settles a call, so it counts from the moment it was given.
Lock order: docs/lock-order.md. A settling transaction locks its codes first, in their order, and
opens no task: the timer does, in a transaction of its own, so that no call waits for a task's row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.fault_codes import QUERY_REFUSED
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.exchange import deliveries, fault_classes, handovers
from hub.store.schema.tables.repair import tasks as task_table

KIND = "unknown_code"
ANY = ""
"""Stands for every operation of a partner."""
_general = fault_classes.alias()
_CLASSIFIED = sa.or_(
    fault_classes.c.verdict.is_not(None),
    sa.exists().where(
        _general.c.partner == fault_classes.c.partner,
        _general.c.operation == ANY,
        _general.c.code == fault_classes.c.code,
        _general.c.verdict.is_not(None),
    ),
)
_MINE = sa.and_(
    task_table.c.kind == KIND,
    task_table.c.destination == fault_classes.c.partner,
    task_table.c.subject == fault_classes.c.operation + " " + fault_classes.c.code,
)
NEEDLESS = sa.and_(
    task_table.c.kind == KIND,
    task_table.c.closed_at.is_(None),
    sa.exists().where(_MINE, _CLASSIFIED).correlate(task_table),
)
"""The condition that a task is open whose code has been classified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCode:
    """A reply code that nobody has classified."""

    partner: str
    operation: str
    code: str
    count: int
    first_seen: datetime

    @property
    def subject(self) -> str:
        """What its task is about."""
        return f"{self.operation} {self.code}"


def count_reply(tx: Tx, partner: str, operation: str, code: str, *, now: datetime) -> str | None:
    """Count one more reply with an unknown code; return its verdict, None while it has none."""
    row = _row(partner, operation, code, now) | {"count": 1}
    statement = insert(tx, fault_classes).values(row)
    statement = statement.on_conflict_do_update(
        index_elements=[fault_classes.c.partner, fault_classes.c.operation, fault_classes.c.code],
        set_={"count": fault_classes.c.count + 1, "last_seen": statement.excluded.last_seen},
    )
    own: str | None = tx.execute(statement.returning(fault_classes.c.verdict)).scalar_one()
    if own is not None:
        return own
    general = sa.select(fault_classes.c.verdict).where(
        fault_classes.c.partner == partner,
        fault_classes.c.operation == ANY,
        fault_classes.c.code == code,
    )
    verdict: str | None = tx.execute(general).scalar_one_or_none()
    return verdict


def decide(tx: Tx, partner: str, operation: str, code: str, *, verdict: str, now: datetime) -> None:
    """Give a code its verdict, for one operation or for ANY."""
    if tx.dialect.name == "postgresql":  # who settles such a reply now is waited for
        tx.execute(sa.text("LOCK TABLE fault_classes IN SHARE ROW EXCLUSIVE MODE"))
    row = _row(partner, operation, code, now) | {"count": 0, "verdict": verdict}
    statement = insert(tx, fault_classes).values(row)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[
                fault_classes.c.partner,
                fault_classes.c.operation,
                fault_classes.c.code,
            ],
            set_={"verdict": verdict},
        )
    )
    if operation == ANY:
        every = sa.update(fault_classes).where(
            fault_classes.c.partner == partner, fault_classes.c.code == code
        )
        tx.execute(every.values(verdict=verdict))


def is_known(tx: Tx, partner: str, operation: str, code: str) -> bool:
    """Tell whether a partner replied with this code: to the operation, or to ANY."""
    seen = sa.select(fault_classes.c.code).where(
        fault_classes.c.partner == partner, fault_classes.c.code == code
    )
    if operation != ANY:
        seen = seen.where(fault_classes.c.operation == operation)
    return tx.execute(seen.limit(1)).first() is not None


def _row(partner: str, operation: str, code: str, now: datetime) -> dict[str, object]:
    return {
        "partner": partner,
        "operation": operation,
        "code": code,
        "first_seen": now,
        "last_seen": now,
    }


def waiting(tx: Tx, partner: str, operation: str, code: str) -> list[tuple[int, str]]:
    """Return (id, lane) of the ambiguous deliveries that got this code, oldest first.

    Also those about which a query was refused since: their own code is that of the query.
    """
    query = sa.select(deliveries.c.id, deliveries.c.lane).where(
        deliveries.c.destination == partner,
        deliveries.c.partner_code == code,
        deliveries.c.state == S.AMBIGUOUS.value,
        deliveries.c.code.in_(("reply_unknown_code", QUERY_REFUSED)),
    )
    if operation != ANY:
        # A scalar subquery, because PostgreSQL may make of EXISTS a scan of every hand-over.
        got = sa.select(handovers.c.seq).where(
            handovers.c.number == deliveries.c.lane,
            handovers.c.delivery_id == deliveries.c.id,
            handovers.c.operation == operation,
        )
        query = query.where(got.limit(1).scalar_subquery().is_not(None))
    rows = tx.execute(query.order_by(deliveries.c.id).with_for_update())
    return [(row.id, row.lane) for row in rows]


def tasks(tx: Tx) -> Sequence[sa.RowMapping]:
    """Return every unknown code, those without a verdict first."""
    order = (
        fault_classes.c.verdict.is_not(None),
        fault_classes.c.partner,
        fault_classes.c.operation,
        fault_classes.c.code,
    )
    return tx.execute(sa.select(fault_classes).order_by(*order)).mappings().all()


def untold(tx: Tx, limit: int = 100) -> list[UnknownCode]:
    """Return the codes without a verdict that have no task.

    One whose task a person closed has it behind it, until the code is seen again.
    """
    reported = sa.exists().where(
        _MINE,
        sa.or_(
            task_table.c.closed_at.is_(None), task_table.c.closed_at >= fault_classes.c.last_seen
        ),
    )
    query = sa.select(*(fault_classes.c[name] for name in UnknownCode.__slots__)).where(
        ~_CLASSIFIED, ~reported
    )
    rows = tx.execute(query.order_by(fault_classes.c.first_seen).limit(limit)).mappings()
    return [UnknownCode(**row) for row in rows]


def listing(tx: Tx) -> list[tuple[int, str, str]]:
    """Return the open tasks to classify a code: number, partner, operation and code."""
    query = sa.select(task_table.c.number, task_table.c.destination, task_table.c.subject).order_by(
        task_table.c.number
    )
    rows = tx.execute(query.where(task_table.c.kind == KIND, task_table.c.closed_at.is_(None)))
    return [(row.number, row.destination, row.subject) for row in rows]
