"""Reply codes that no table knows: counted when they come, and classified by a person once.

A verdict is read in the transaction that settles a call, so it counts from the moment it was given.
Lock order: this table, then deliveries, lanes, the chained logs.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from hub.rules.states import DeliveryState as S
from hub.store.engine import Tx, insert
from hub.store.tables import deliveries, fault_classes, handovers

c = fault_classes.c
ANY = ""
"""Stands for every operation of a partner."""


def note(tx: Tx, partner: str, operation: str, code: str, *, now: datetime) -> str | None:
    """Count one more reply with an unknown code; return its verdict, None while it has none."""
    row = _row(partner, operation, code, now) | {"count": 1}
    statement = insert(tx, fault_classes).values(row)
    statement = statement.on_conflict_do_update(
        index_elements=[c.partner, c.operation, c.code],
        set_={"count": c.count + 1, "last_seen": statement.excluded.last_seen},
    )
    own: str | None = tx.execute(statement.returning(c.verdict)).scalar_one()
    if own is not None:
        return own
    general = sa.select(c.verdict).where(c.partner == partner, c.operation == ANY, c.code == code)
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
            index_elements=[c.partner, c.operation, c.code], set_={"verdict": verdict}
        )
    )
    if operation == ANY:
        every = sa.update(fault_classes).where(c.partner == partner, c.code == code)
        tx.execute(every.values(verdict=verdict))


def _row(partner: str, operation: str, code: str, now: datetime) -> dict[str, object]:
    return {
        "partner": partner,
        "operation": operation,
        "code": code,
        "first_seen": now,
        "last_seen": now,
    }


def waiting(tx: Tx, partner: str, operation: str, code: str) -> list[tuple[int, str]]:
    """Return (id, lane) of the ambiguous deliveries that got this code, oldest first."""
    d, detail = deliveries.c, f"their code {code}"
    query = sa.select(d.id, d.lane).where(
        d.destination == partner,
        d.state == S.AMBIGUOUS.value,
        d.code == "reply_unknown_code",
        sa.or_(d.detail == detail, d.detail.startswith(f"{detail},", autoescape=True)),
    )
    if operation != ANY:
        query = query.where(
            sa.exists().where(
                handovers.c.number == d.lane,
                handovers.c.delivery_id == d.id,
                handovers.c.operation == operation,
            )
        )
    rows = tx.execute(query.order_by(d.id).with_for_update())
    return [(row.id, row.lane) for row in rows]


def tasks(tx: Tx) -> Sequence[sa.RowMapping]:
    """Return every unknown code, those without a verdict first."""
    order = (c.verdict.is_not(None), c.partner, c.operation, c.code)
    return tx.execute(sa.select(fault_classes).order_by(*order)).mappings().all()
