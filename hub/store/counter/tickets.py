"""Tickets: issued once each, moved only from the state that an officer saw.

Two officers who call at the same moment get two tickets: the UPDATE names the state that it starts
from, and its row count says whose it became.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from hub.rules.counter.tickets import AFTER, SHOWN, DeskAct, Ticket, TicketState
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.exchange import Instant
from hub.store.schema.tables.operators.counter import ticket_series, tickets

_COLUMNS = [tickets.c[name] for name in Ticket.__slots__]
_MICROSECOND = timedelta(microseconds=1)


def issue(tx: Tx, category: str, *, day: date, request: str, now: datetime) -> Ticket:
    """Return the ticket of a request: the next number of the day, or the one that it got before.

    `request`: the id of the form; however often it is sent, it is one ticket.
    """
    known = of_request(tx, request)
    if known is not None:
        return known
    statement = insert(tx, ticket_series).values(day=day.isoformat(), series=category, last=1)
    statement = statement.on_conflict_do_update(
        index_elements=[ticket_series.c.day, ticket_series.c.series],
        set_={"last": ticket_series.c.last + 1},
    )
    number: int = tx.execute(statement.returning(ticket_series.c.last)).scalar_one()
    row = {
        "request": request,
        "day": day.isoformat(),
        "series": category,
        "number": number,
        "category": category,
        "state": TicketState.WAITING.value,
        "desk": "",
        "calls": 0,
        "issued_at": now,
    }
    # Another process may have issued it meanwhile: the number that was drawn here is left out then.
    tx.execute(insert(tx, tickets).on_conflict_do_nothing(index_elements=["request"]), row)
    made = of_request(tx, request)
    assert made is not None  # noqa: S101 - inserted above, by this transaction or the other
    return made


def of_request(tx: Tx, request: str) -> Ticket | None:
    """Return the ticket that a form was given."""
    return _one(tx, tickets.c.request == request)


def get(tx: Tx, id: int) -> Ticket | None:
    """Return a ticket by its id."""
    return _one(tx, tickets.c.id == id)


def of_label(tx: Tx, day: date, series: str, number: int) -> Ticket | None:
    """Return a ticket of a day by what its label says."""
    of_day = tickets.c.day == day.isoformat()
    return _one(tx, of_day & (tickets.c.series == series) & (tickets.c.number == number))


def lock_desk(tx: Tx, day: date, desk: str) -> None:
    """Have other calls for a desk wait for this transaction. SQLite has one writer at a time."""
    if tx.dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"desk {desk} of {day}"))
        tx.execute(sa.select(lock))


def at_desk(tx: Tx, day: date, desk: str) -> Ticket | None:
    """Return the ticket that is called at a desk now."""
    return _one(tx, _in_state(day, TicketState.CALLED) & (tickets.c.desk == desk))


def call_next(
    tx: Tx, desk: str, categories: Collection[str], *, day: date, now: datetime
) -> Ticket | None:
    """Call the ticket that waits longest in the categories; None where none waits."""
    waiting = (
        sa.select(tickets.c.id)
        .where(_in_state(day, TicketState.WAITING), tickets.c.category.in_(categories))
        .order_by(tickets.c.issued_at, tickets.c.id)
        .limit(1)
    )
    while (id := tx.execute(waiting).scalar()) is not None:
        statement = sa.update(tickets).where(
            tickets.c.id == id, tickets.c.state == TicketState.WAITING.value
        )
        statement = statement.values(
            state=TicketState.CALLED.value,
            desk=desk,
            calls=tickets.c.calls + 1,
            called_at=now,
            first_called_at=sa.func.coalesce(tickets.c.first_called_at, sa.literal(now, Instant)),
        )
        if tx.execute(statement).rowcount == 1:
            return get(tx, id)
    return None


def move(tx: Tx, seen: Ticket, act: DeskAct, *, now: datetime, category: str = "") -> bool:
    """Do an act with a ticket that is called as the officer saw it; False where it is not.

    `category`: where it waits after it was passed on.
    """
    state = AFTER[act]
    values: dict[str, object] = {"state": state.value}
    if act is DeskAct.RECALL:
        values |= {"called_at": now, "calls": tickets.c.calls + 1}
    elif act is DeskAct.PASS_ON:
        values |= {"category": category}
    else:
        values |= {"ended_at": now}
    statement = sa.update(tickets).where(
        tickets.c.id == seen.id,
        tickets.c.state == TicketState.CALLED.value,
        tickets.c.calls == seen.calls,
    )
    return tx.execute(statement.values(values)).rowcount == 1


def called_last(tx: Tx, day: date, *, limit: int = SHOWN) -> list[Ticket]:
    """Return the tickets of a day that were called last, the latest first."""
    query = sa.select(*_COLUMNS).where(
        tickets.c.day == day.isoformat(), tickets.c.called_at.is_not(None)
    )
    rows = tx.execute(query.order_by(tickets.c.called_at.desc(), tickets.c.id).limit(limit))
    return [_ticket(row) for row in rows]


def waiting(tx: Tx, day: date) -> Mapping[str, int]:
    """Return how many tickets wait in each category that has some."""
    query = sa.select(tickets.c.category, sa.func.count()).where(
        _in_state(day, TicketState.WAITING)
    )
    found = tx.execute(query.group_by(tickets.c.category))
    return {row[0]: row[1] for row in found}


def before(tx: Tx, ticket: Ticket) -> int:
    """Return how many tickets wait in its category and were issued before it."""
    query = sa.select(sa.func.count()).where(
        tickets.c.day == ticket.day,
        tickets.c.state == TicketState.WAITING.value,
        tickets.c.category == ticket.category,
        tickets.c.id < ticket.id,
    )
    return int(tx.execute(query).scalar_one())


def average_wait(tx: Tx, day: date) -> timedelta | None:
    """Return how long the called tickets of a day waited on average; None before the first."""
    since, until = (
        sa.type_coerce(column, sa.BigInteger)
        for column in (tickets.c.issued_at, tickets.c.first_called_at)
    )
    query = sa.select(sa.func.avg(until - since)).where(
        tickets.c.day == day.isoformat(), tickets.c.first_called_at.is_not(None)
    )
    found = tx.execute(query).scalar()
    return None if found is None else float(found) * _MICROSECOND


def forget(tx: Tx, first_kept: date) -> int:
    """Delete the tickets and numbers of the days before; return how many tickets."""
    day = first_kept.isoformat()
    tx.execute(sa.delete(ticket_series).where(ticket_series.c.day < day))
    return tx.execute(sa.delete(tickets).where(tickets.c.day < day)).rowcount


def _in_state(day: date, state: TicketState) -> sa.ColumnElement[bool]:
    return (tickets.c.day == day.isoformat()) & (tickets.c.state == state.value)


def _one(tx: Tx, which: sa.ColumnElement[bool]) -> Ticket | None:
    row = tx.execute(sa.select(*_COLUMNS).where(which)).first()
    return None if row is None else _ticket(row)


def _ticket(row: sa.Row[tuple[object, ...]]) -> Ticket:
    values = row._asdict()
    return Ticket(**values | {"state": TicketState(values["state"])})
