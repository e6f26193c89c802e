"""Moving a dossier along the national status axis, guarded, written down and told to the province.

The guard never lets a dossier go backwards: an event that it refuses is stored with the reason, not
applied and not told to anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.messages.envelope import Message
from hub.messages.payloads import Status
from hub.records.dossiers import commands
from hub.records.dossiers.commands import Cause
from hub.records.rulebook import Rulebook
from hub.store.engine.store import Tx
from hub.store.records import dossiers, papers
from hub.store.records.dossiers import Dossier, StatusEvent

ENDS = frozenset(
    {Status.REFUSED, Status.WITHDRAWN, Status.STOPPED, Status.FINISHED, Status.RETURNED}
)
"""Statuses whose time is the end of processing."""
TAKEN_IN = frozenset({Status.ACCEPTED, Status.PROCESSING, Status.PAYMENT_REQUESTED})
"""Statuses with which an officer takes in a dossier that was submitted online."""
NOTICE = "THONG-BAO-THUE"
"""The component of files that tell what is to be paid: neither a paper handed in nor a result."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The dossier after an event, and what has to be said about it."""

    dossier: Dossier
    messages: Sequence[Message]
    applied: bool


def move(
    tx: Tx,
    cause: Cause,
    dossier: Dossier,
    event: StatusEvent,
    rules: Rulebook,
    *,
    resumes: bool = False,
) -> Moved:
    """Apply a status event to a dossier, unless the guard refuses it.

    `resumes` tells that what the dossier waited for has come.
    """
    why_not = rules.refusal(
        dossier.status, event.status, at=event.at, since=dossier.status_at, resumes=resumes
    )
    if why_not:
        dossiers.add_event(tx, replace(event, why_not=why_not))
        return Moved(dossier, (), applied=False)
    changed = after(dossier, event.status, at=event.at, rules=rules)
    dossiers.add_event(tx, event)
    emitted = [commands.report_step(cause, changed, event)]
    if event.status in ENDS or changed.received_at != dossier.received_at:
        changed, record = refresh(tx, cause, changed, rules, at=event.at)
        emitted.insert(0, record)
    else:
        dossiers.save(tx, changed)
    return Moved(changed, emitted, applied=True)


def refresh(
    tx: Tx, cause: Cause, dossier: Dossier, rules: Rulebook, *, at: datetime
) -> tuple[Dossier, Message]:
    """Return the message that brings the province's record of a dossier up to date.

    Saves the dossier, and returns it, with the note that the province is told of all its files.
    """
    kept = papers.files_of(tx, dossier.number)
    files = [file for file in kept if file.component != NOTICE]
    reported = replace(dossier, files_told=len(kept), refresh_wanted_at=None)
    dossiers.save(tx, reported)
    message = commands.register(
        cause,
        reported,
        rules.procedure(dossier.procedure, dossier.received_at),
        unit=rules.unit,
        files=files,
        update=True,
        at=at,
    )
    return reported, message


def after(dossier: Dossier, status: Status, *, at: datetime, rules: Rulebook) -> Dossier:
    """Return the dossier as it is after `status` was reached at `at`; pure."""
    if dossier.status is Status.REGISTERED and status in TAKEN_IN:
        dossier = _received(dossier, at=at, rules=rules)
    since, due = dossier.supplement_since, dossier.due_at
    if status is Status.SUPPLEMENT_REQUESTED:
        since = since or at
    elif since is not None:
        procedure = rules.procedure(dossier.procedure, dossier.received_at)
        due, since = rules.resumed_due(procedure, due, since, at), None
    return replace(
        dossier,
        status=status,
        status_at=at,
        version=dossier.version + 1,
        due_at=due,
        supplement_since=since,
        # The first end counts, also when it is handed out later; what is opened again has none.
        finished_at=(dossier.finished_at or at) if status in ENDS else None,
        returned_at=at if status is Status.RETURNED else dossier.returned_at,
    )


def _received(dossier: Dossier, *, at: datetime, rules: Rulebook) -> Dossier:
    """Return a dossier that was submitted online as it is once it is taken in: its clock begins."""
    procedure = rules.procedure(dossier.procedure, at)
    due = rules.due_at(procedure, at)
    return replace(dossier, received_at=at, due_at=due, first_due_at=due)
