"""Tickets of the queue at the counter: their labels, their states, the day that numbers belong to.

A day is one of the ward's zone: at 17:00 UTC the numbers begin anew. Pure.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from hub.messages.local_time import LOCAL

KEPT: Final = timedelta(days=30)
"""How long tickets are kept; then the timer deletes them. They name no person."""
SHOWN: Final = 4
"""How many of the tickets called last a display shows."""
_LABEL = re.compile(r"([A-Z])([0-9]{1,5})")


class TicketState(StrEnum):
    """How far a ticket is."""

    WAITING = "waiting"
    CALLED = "called"
    """An officer called it; the person is on the way or at the desk."""
    SERVED = "served"
    NO_SHOW = "no_show"
    """Called, and nobody came."""


class DeskAct(StrEnum):
    """What an officer does with the ticket that is called at a desk."""

    RECALL = "recall"
    SERVED = "served"
    NO_SHOW = "no_show"
    PASS_ON = "pass_on"  # noqa: S105 - an act


AFTER: Final = {
    DeskAct.RECALL: TicketState.CALLED,
    DeskAct.SERVED: TicketState.SERVED,
    DeskAct.NO_SHOW: TicketState.NO_SHOW,
    DeskAct.PASS_ON: TicketState.WAITING,
}
"""The state of the ticket after each act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket of a day."""

    id: int
    day: str
    series: str
    """The category that it was issued for; with the number it is the label."""
    number: int
    category: str
    """The category in which it waits: another one after it was passed on."""
    state: TicketState
    desk: str
    """Where it was called last, "" before."""
    calls: int
    """How often it was called: what an officer saw of it when acting."""
    issued_at: datetime
    called_at: datetime | None
    first_called_at: datetime | None
    ended_at: datetime | None

    @property
    def label(self) -> str:
        """What the person holds: `A012`."""
        return label(self.series, self.number)


def label(series: str, number: int) -> str:
    """Return the label of a number of a series: `A012`."""
    return f"{series}{number:03d}"


def read_label(text: str) -> tuple[str, int] | None:
    """Return series and number of a typed label, None for what is none.

    Small letters and missing zeros are taken as typed on a touch screen.
    """
    found = _LABEL.fullmatch(text.strip().upper())
    return (found[1], int(found[2])) if found else None


def office_day(moment: datetime) -> date:
    """Return the day of the ward's zone at a moment."""
    return moment.astimezone(LOCAL).date()
