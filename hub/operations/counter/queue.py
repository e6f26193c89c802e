"""The queue of tickets: issued at a kiosk or by an officer, called and ended at a desk.

Each act is one transaction with its row in the audit, which names the ticket and no person. What
another officer did meanwhile is refused and said.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.operations.signed_by import SignedBy
from hub.rules.counter.plan import CounterPlan
from hub.rules.counter.tickets import KEPT, DeskAct, Ticket, TicketState, office_day
from hub.store.counter import tickets
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.texts import Explained, Text, both


class TicketRefused(Explained):
    """The act was refused and nothing changed; `text` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFigures:
    """How the queue of a day is now."""

    waiting: dict[str, int]
    """By category."""
    average_wait: timedelta | None
    """Of the tickets that were called today, to their first call; None before the first."""

    @property
    def all_waiting(self) -> int:
        """How many wait in all categories together."""
        return sum(self.waiting.values())


def figures(tx: Tx, *, now: datetime) -> TicketFigures:
    """Return how many wait now, and how long the others of the day did."""
    day = office_day(now)
    return TicketFigures(
        waiting=dict(tickets.waiting(tx, day)), average_wait=tickets.average_wait(tx, day)
    )


def issue(store: Store, plan: CounterPlan, category: str, *, request: str, by: SignedBy) -> Ticket:
    """Return the ticket of a request; sent again it is the same ticket. Raises TicketRefused."""
    if category not in plan.categories:
        raise TicketRefused(both("counter.no_category"))
    now = by["now"]
    with store.write() as tx:
        known = tickets.of_request(tx, request)
        if known is not None:
            return known
        made = tickets.issue(tx, category, day=office_day(now), request=request, now=now)
        audit.record(tx, action="ticket.issue", object=_object(made), **by)
    return made


def call_next(store: Store, plan: CounterPlan, desk: str, *, by: SignedBy) -> Ticket:
    """Call the ticket that waits longest for a desk. Raises TicketRefused."""
    day, now = office_day(by["now"]), by["now"]
    with store.write() as tx:
        tickets.lock_desk(tx, day, desk)
        present = tickets.at_desk(tx, day, desk)
        if present is not None:
            raise TicketRefused(both("counter.desk_has", ticket=present.label, desk=desk))
        categories = plan.desks[desk].categories
        called = tickets.call_next(tx, desk, categories, day=day, now=now)
        if called is None:
            raise TicketRefused(both("counter.none_waits", desk=desk))
        audit.record(tx, action="ticket.call", object=_object(called), **by)
    return called


def end_or_recall(
    store: Store,
    plan: CounterPlan,
    id: int,
    act: DeskAct,
    *,
    calls: int,
    category: str = "",
    by: SignedBy,
) -> Ticket:
    """Do an act with a called ticket. Raises TicketRefused.

    `calls`: how often it had been called when the officer saw it; `category`: where it waits after
    it was passed on.
    """
    if act is DeskAct.PASS_ON and category not in plan.categories:
        raise TicketRefused(both("counter.no_category"))
    with store.write() as tx:
        ticket = tickets.get(tx, id)
        if ticket is None:
            raise TicketRefused(both("counter.no_ticket"))
        as_seen = ticket.state is TicketState.CALLED and ticket.calls == calls
        if not as_seen or not tickets.move(tx, ticket, act, now=by["now"], category=category):
            raise TicketRefused(_changed(ticket))
        audit.record(tx, action=f"ticket.{act.value}", object=_object(ticket), **by)
    return ticket


def forget_old(store: Store, now: datetime) -> None:
    """Delete the tickets that are old enough; the timer does it."""
    with store.write() as tx:
        tickets.forget(tx, office_day(now - KEPT))


def _object(ticket: Ticket) -> str:
    return f"ticket {ticket.day} {ticket.label}"


def _changed(ticket: Ticket) -> Text:
    state = both(f"counter.state_{ticket.state.value}")
    return both("counter.changed", ticket=ticket.label, state=state, desk=ticket.desk or "–")
