"""Reception numbers that agents hold: no two blocks of an agency and a day share one."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from hub.rules.edge.numbers import BLOCK, FIRST, Block
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.edge import edge_numbers as table


def reserve(tx: Tx, agent: str, *, agency: str, day: date, now: datetime) -> Block:
    """Return a new block for an agent."""
    here = (table.c.agency == agency) & (table.c.day == day.isoformat())
    while True:
        highest = tx.execute(sa.select(sa.func.max(table.c.last)).where(here)).scalar()
        first = FIRST if highest is None else highest + 1
        row = {
            "agency": agency,
            "day": day.isoformat(),
            "first": first,
            "last": first + BLOCK - 1,
            "next": first,
            "agent": agent,
            "reserved_at": now,
        }
        added = tx.execute(insert(tx, table).on_conflict_do_nothing(), row)
        if added.rowcount == 1:  # else another process took these numbers meanwhile
            return Block(agency=agency, day=day, first=first, last=first + BLOCK - 1, next=first)


def blocks(tx: Tx, agent: str) -> Sequence[Block]:
    """Return the blocks that an agent holds, by day."""
    query = sa.select(table).where(table.c.agent == agent, table.c.returned_at.is_(None))
    return [
        Block(
            agency=row.agency,
            day=date.fromisoformat(row.day),
            first=row.first,
            last=row.last,
            next=row.next,
        )
        for row in tx.execute(query.order_by(table.c.day, table.c.first))
    ]


def was_given(
    tx: Tx,
    holders: Collection[str],
    *,
    agency: str,
    day: date,
    running: int,
    since: datetime | None = None,
) -> bool:
    """Tell whether one of some agents holds a number or held it, used or not.

    `since`: only one that was reserved from then on.
    """
    here = sa.select(table.c.first).where(
        table.c.agency == agency,
        table.c.day == day.isoformat(),
        table.c.first <= running,
        table.c.last >= running,
        table.c.agent.in_(holders),
    )
    if since is not None:
        here = here.where(table.c.reserved_at >= since)
    return tx.execute(here).first() is not None


def used(tx: Tx, agent: str, block: Block) -> None:
    """Write down which number of a block is the first that is not used; it never goes back."""
    here = sa.update(table).where(
        table.c.agent == agent,
        table.c.agency == block.agency,
        table.c.day == block.day.isoformat(),
        table.c.first == block.first,
        table.c.next < block.next,
        table.c.last >= block.next - 1,
    )
    tx.execute(here.values(next=block.next))


def give_back(tx: Tx, agent: str, *, before: date | None, now: datetime) -> None:
    """End the blocks of an agent of the days before one, or all; nobody else gets their rest."""
    here = sa.update(table).where(table.c.agent == agent, table.c.returned_at.is_(None))
    if before is not None:
        here = here.where(table.c.day < before.isoformat())
    tx.execute(here.values(returned_at=now))


def forget_old(tx: Tx, before: date) -> None:
    """Remove blocks that were given back, of the days before one."""
    old = sa.delete(table).where(table.c.day < before.isoformat(), table.c.returned_at.is_not(None))
    tx.execute(old)
