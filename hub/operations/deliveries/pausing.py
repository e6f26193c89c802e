"""A person pauses what goes out to a partner, and has it go on: with reason and end, audited.

A pause takes nothing from anybody: deliveries keep their state, their attempts and their times. A
call under way is finished. Each process has it in force within `IN_FORCE`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.exchange.admission.circuits import LONGEST_WAIT
from hub.exchange.admission.pause_registry import PERSONS_EVERY
from hub.messages.catalog import CATALOG
from hub.messages.local_time import LOCAL
from hub.messages.partners import PARTNERS, named
from hub.operations.signed_by import SignedBy
from hub.operations.type_names import type_text
from hub.store.console import happened
from hub.store.deliveries import pauses
from hub.store.deliveries.pauses import PersonPause
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.texts import Explained, Text, both

CLAIM_TAKES = timedelta(seconds=1)
"""Room for a claim that had asked for pauses just before one was kept."""
IN_FORCE = LONGEST_WAIT + PERSONS_EVERY + CLAIM_TAKES
"""After this time each process has a pause in force: nothing new is claimed, nor called."""
LONGEST = timedelta(days=14)
"""A pause that lasts longer is a partner that is not connected: that is a setting."""
ALL = ""
"""Every operation of the partner."""


class PauseRefused(Explained):
    """What was asked for cannot be; nothing changed. `text` says why."""


class PauseChanged(Explained):
    """Another pause stands, or none, than the person saw; `text` says whose and until when."""

    def __init__(self, text: Text, since: datetime | None = None) -> None:
        super().__init__(text)
        self.since = since
        """Since when the one that stands does; None where none stands."""


def operations_of(partner: str) -> Sequence[str]:
    """Return the operations of a partner that can be paused, by their names in the catalogue."""
    return [it.name for it in CATALOG if it.reader == partner]


def pause(
    store: Store,
    partner: str,
    operation: str,
    *,
    until: datetime,
    expected: datetime | None,
    drains: bool = False,
    by: SignedBy,
) -> None:
    """Pause an operation of a partner, or `ALL`; a pause that is there gets the new end.

    `drains`: what was claimed before is finished; else what was not called yet is put back.

    `expected`: since when the person saw a pause of it stand, None for none. Raises PauseRefused
    and PauseChanged.
    """
    _require_known(partner, operation)
    now, reason = by["now"], by["reason"].strip()
    if not now < until <= now + LONGEST:
        raise PauseRefused(both("pauses.end_wrong", days=LONGEST.days))
    wish = PersonPause(
        destination=partner,
        operation=operation,
        since=now,
        until=until,
        actor=by["actor"],
        reason=reason,
        drains=drains,
    )
    with store.write() as tx:
        _require_expected(tx, partner, operation, expected, now)
        pauses.keep_person_pause(tx, wish)
        what = f"{partner} {operation or '*'} until {until.isoformat(timespec='minutes')}"
        action = "partner.drain" if drains else "partner.pause"
        audit.record(tx, by["actor"], action, object=what, reason=reason, now=now)


def resume(store: Store, partner: str, operation: str, *, expected: datetime, by: SignedBy) -> Text:
    """End a person's pause and return in words whose it was; `expected`: since when it stood.

    Raises PauseChanged.
    """
    now = by["now"]
    with store.write() as tx:
        there = _require_expected(tx, partner, operation, expected, now)
        pauses.end_person_pause(tx, partner, operation)
        what = f"{partner} {operation or '*'}"
        audit.record(tx, by["actor"], "partner.resume", object=what, reason=by["reason"], now=now)
    return _described(there) if there else name_of(operation)


def under_way(store: Store, partner: str, operation: str) -> int:
    """Return how many deliveries of an operation, or of `ALL`, are being sent now."""
    with store.read() as tx:
        return pauses.under_way(tx, partner, operation)


def require_unchanged(
    store: Store, partner: str, operation: str, *, since: datetime, now: datetime
) -> None:
    """Raise PauseChanged unless the pause of `since` stands still; it says who changed it."""
    with store.read() as tx:
        there = _present(tx, partner, operation, now)
        if there is not None and there.since == since:
            return
        if there is not None:
            raise PauseChanged(_described(there), there.since)
        ended = happened.to_objects(tx, [f"{partner} {operation or '*'}"], since=since)
    name = name_of(operation)
    if ended:
        raise PauseChanged(both("pauses.resumed_by", actor=ended[-1].actor, operation=name))
    raise PauseChanged(both("pauses.resumed_already", operation=name))


def present(store: Store, partner: str, operation: str, *, now: datetime) -> Text | None:
    """Return in words the pause of an operation, or of `ALL`, that stands; None for none."""
    with store.read() as tx:
        there = _present(tx, partner, operation, now)
    return _described(there) if there else None


def others(store: Store, partner: str, operation: str, *, now: datetime) -> list[Text]:
    """Return in words what else persons have paused of a partner, besides an operation."""
    with store.read() as tx:
        found = pauses.paused_by_persons(tx, partner, now=now)
    return [_described(it) for it in found if it.operation != operation]


def since(store: Store, partner: str, operation: str, *, now: datetime) -> datetime | None:
    """Return since when a person's pause of an operation, or of `ALL`, stands; None for none."""
    with store.read() as tx:
        there = _present(tx, partner, operation, now)
    return there.since if there else None


def name_of(operation: str) -> Text:
    """Return what a person reads of an operation, `ALL` too."""
    return type_text(operation) if operation else both("pauses.all_operations")


def _require_expected(
    tx: Tx, partner: str, operation: str, expected: datetime | None, now: datetime
) -> PersonPause | None:
    """Return the pause that stands. Raise PauseChanged where it is not the one that was seen."""
    pauses.lock_person_pauses(tx, partner)
    there = _present(tx, partner, operation, now)
    if there is not None and there.since != expected:
        raise PauseChanged(_described(there), there.since)
    if there is None and expected is not None:
        raise PauseChanged(both("pauses.resumed_already", operation=name_of(operation)))
    return there


def _present(tx: Tx, partner: str, operation: str, now: datetime) -> PersonPause | None:
    found = pauses.paused_by_persons(tx, partner, now=now)
    return next((it for it in found if it.operation == operation), None)


def _require_known(partner: str, operation: str) -> None:
    if partner not in PARTNERS or operation not in (ALL, *operations_of(partner)):
        title = named(partner).title if partner in PARTNERS else Text(partner, partner)
        raise PauseRefused(both("pauses.no_such_operation", operation=operation, partner=title))


def _described(there: PersonPause) -> Text:
    return both(
        "pauses.paused_by",
        actor=there.actor,
        operation=name_of(there.operation),
        until=f"{there.until.astimezone(LOCAL):%H:%M %d/%m/%Y}",
        reason=there.reason,
    )
