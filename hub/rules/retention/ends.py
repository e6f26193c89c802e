"""What may leave the database, and when. Pure.

A dossier is archived, or its personal data erased, only when everything about it has ended: the
citizen has what was asked for, every delivery is final, no message waits, no task is open, and
nobody has placed a legal hold. What keeps a dossier is named, so that an operator can settle it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hub.messages.payloads import Status
from hub.rules.deliveries.states import FINAL, DeliveryState

CLOSED = frozenset(
    {Status.REFUSED, Status.WITHDRAWN, Status.STOPPED, Status.FINISHED, Status.RETURNED}
)
UNCOLLECTED = timedelta(days=365)
"""How much longer a dossier stays whose result nobody has fetched: its receipt may still be read at
the return desk."""
_UNDER_WAY = frozenset({"accepted", "early"})
_PARKED = "parked"


class KeepReason(StrEnum):
    """Why a dossier stays as it is."""

    NOT_CLOSED = "not_closed"
    TOO_YOUNG = "too_young"
    LEGAL_HOLD = "legal_hold"
    DELIVERY_OPEN = "delivery_open"
    DELIVERY_AMBIGUOUS = "delivery_ambiguous"
    DELIVERY_DEAD = "delivery_dead"
    MESSAGE_WAITS = "message_waits"
    MESSAGE_PARKED = "message_parked"
    STEP_MISSING = "step_missing"
    TASK_OPEN = "task_open"
    FILE_MISSING = "file_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierFacts:
    """What decides over one dossier."""

    status: Status
    status_at: datetime
    last_at: datetime
    """When anything was last recorded of it."""
    deliveries: Collection[str] = ()
    """The states of its deliveries."""
    messages: Collection[str] = ()
    """The states of its messages."""
    open_tasks: int = 0
    kept_steps: int = 0
    """Steps of the town that wait for an earlier one."""
    on_hold: bool = False


def closed_at(status: Status, status_at: datetime) -> datetime | None:
    """Return from when a dossier counts as closed, None when it does not."""
    if status not in CLOSED:
        return None
    return status_at + UNCOLLECTED if status is Status.FINISHED else status_at


def ended_at(facts: DossierFacts) -> datetime | None:
    """Return since when a dossier has been closed and quiet, None when it is not closed."""
    closed = closed_at(facts.status, facts.status_at)
    return None if closed is None else max(closed, facts.last_at)


def why_kept(facts: DossierFacts, *, before: datetime) -> KeepReason | None:
    """Return what keeps a dossier, the gravest first; None when it may go.

    `before`: it must have been closed, and have been quiet, since then.
    """
    if facts.on_hold:
        return KeepReason.LEGAL_HOLD
    return _not_final(facts) or _young(facts, before)


def _not_final(facts: DossierFacts) -> KeepReason | None:
    states = set(facts.deliveries) - {str(state) for state in FINAL}
    messages = set(facts.messages)
    reasons = (
        (DeliveryState.DEAD in states, KeepReason.DELIVERY_DEAD),
        (DeliveryState.AMBIGUOUS in states, KeepReason.DELIVERY_AMBIGUOUS),
        (bool(states), KeepReason.DELIVERY_OPEN),
        (_PARKED in messages, KeepReason.MESSAGE_PARKED),
        (bool(messages & _UNDER_WAY), KeepReason.MESSAGE_WAITS),
        (facts.kept_steps > 0, KeepReason.STEP_MISSING),
        (facts.open_tasks > 0, KeepReason.TASK_OPEN),
    )
    return next((why for holds, why in reasons if holds), None)


def _young(facts: DossierFacts, before: datetime) -> KeepReason | None:
    ended = ended_at(facts)
    if ended is None:
        return KeepReason.NOT_CLOSED
    return KeepReason.TOO_YOUNG if ended >= before else None


def recheck_at(facts: DossierFacts, why: KeepReason, *, before: datetime) -> datetime:
    """Return what `before` must have reached for a dossier that is kept to be worth another look.

    Of one that is too young that is known. What else keeps it may be settled at any time, and whole
    months are archived: so the next month. `before` is in the zone in which months are counted.
    """
    ended = ended_at(facts)
    return ended if ended and why is KeepReason.TOO_YOUNG else month_after(before)


def whole_months(now: datetime, age: timedelta) -> datetime:
    """Return the beginning of the month in which the moment `age` before `now` lies.

    What was closed before it is of months that have wholly come of age: so a month is archived at
    once, and not a few dossiers each day. `now` is in the zone in which months are counted.
    """
    return month_of(now - age)


def month_of(at: datetime) -> datetime:
    """Return the beginning of the month of `at`, in its zone."""
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_after(at: datetime) -> datetime:
    """Return the beginning of the month after that of `at`, in its zone."""
    return month_of(month_of(at) + timedelta(days=31))
