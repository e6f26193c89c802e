"""The ward's records in the store: dossiers, their events and files, their inter-level leg.

Plain reads and writes; what may happen to a dossier is decided by hub/records.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.messages.envelope import Attachment
from hub.messages.payloads import (
    Applicant,
    Channel,
    Component,
    Parcel,
    Status,
    TownStep,
    TownStepReported,
)
from hub.store import at_hand
from hub.store.archive import index as archived
from hub.store.engine import Tx, insert_for
from hub.store.prepared import Prepared, columns_of
from hub.store.record_tables import (
    dossier_events,
    dossier_files,
    dossiers,
    leg_steps,
    legs,
)

_json = msgspec.json.encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What the ward knows of a dossier now. `version` grows with every change."""

    number: str
    procedure: str
    sector: str
    inter_level: bool
    channel: Channel
    applicant: Applicant
    summary: str
    components: tuple[Component, ...]
    parcels: tuple[Parcel, ...]
    officer: str
    received_at: datetime
    due_at: datetime
    first_due_at: datetime
    status: Status
    status_at: datetime
    version: int = 1
    supplement_since: datetime | None = None
    finished_at: datetime | None = None
    returned_at: datetime | None = None
    erased_at: datetime | None = None
    """When its personal data was erased; since then nothing about it may be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEvent:
    """One step of a dossier; `why_not` tells why the guard did not apply it."""

    number: str
    message_id: str
    status: Status
    at: datetime
    officer: str
    unit: str
    note: str = ""
    why_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The inter-level leg: how far the town's work is; `sequence` is the last step applied."""

    number: str
    child_number: str | None
    sequence: int
    step: TownStep | None
    transferred_at: datetime
    ended_at: datetime | None
    wanted: int | None
    """Which of the town's steps asks for papers that it was not given yet, None when none does."""


_CHANGING = (
    "due_at",
    "status",
    "status_at",
    "version",
    "supplement_since",
    "finished_at",
    "returned_at",
)
_COLUMNS = columns_of(dossiers, "erased_at")

_ONE = sa.select(dossiers).where(dossiers.c.number == sa.bindparam("which"))
_GET, _LOOK = Prepared(_ONE.with_for_update()), Prepared(_ONE)
_SAVE = Prepared(
    sa.update(dossiers)
    .where(dossiers.c.number == sa.bindparam("which"))
    .values({name: sa.bindparam(f"new_{name}") for name in _CHANGING})
)
_ADD_EVENT = Prepared(
    sa.insert(dossier_events),
    columns=columns_of(dossier_events, "id"),
)
_FILES = (
    sa.select(dossier_files)
    .where(dossier_files.c.number == sa.bindparam("which"))
    .order_by(dossier_files.c.component, dossier_files.c.name)
)
_FILES_OF = {
    None: Prepared(_FILES),
    True: Prepared(_FILES.where(dossier_files.c.is_result.is_(True))),
    False: Prepared(_FILES.where(dossier_files.c.is_result.is_(False))),
}
_OF_DOSSIER = sa.and_(
    dossier_files.c.number == sa.bindparam("which"), dossier_files.c.is_result.is_(False)
)
_NOT_THERE = Prepared(_FILES.where(_OF_DOSSIER, dossier_files.c.to_town.is_(False)))
_GIVEN = Prepared(sa.update(dossier_files).where(_OF_DOSSIER).values(to_town=True))
_PAPER = sa.and_(
    _OF_DOSSIER,
    dossier_files.c.component == sa.bindparam("of"),
    dossier_files.c.sha256 == sa.bindparam("hash"),
)
_NOT_GIVEN = Prepared(sa.update(dossier_files).where(_PAPER).values(to_town=False))
_WANTED = Prepared(
    sa.update(legs)
    .where(legs.c.number == sa.bindparam("which"))
    .values(wanted=sa.bindparam("request"))
)
_LEG = Prepared(sa.select(legs).where(legs.c.number == sa.bindparam("which")).with_for_update())
_SET_CHILD = Prepared(
    sa.update(legs)
    .where(legs.c.number == sa.bindparam("which"))
    .values(child_number=sa.bindparam("child"))
)
_THIS_STEP = sa.and_(
    leg_steps.c.number == sa.bindparam("which"), leg_steps.c.sequence == sa.bindparam("place")
)
_NEXT_STEP = Prepared(sa.select(leg_steps).where(_THIS_STEP))
_APPLIED = Prepared(sa.update(leg_steps).where(_THIS_STEP).values(applied=True))
_ADVANCE = Prepared(
    sa.update(legs)
    .where(legs.c.number == sa.bindparam("which"))
    .values(sequence=sa.bindparam("place"), step=sa.bindparam("now"), ended_at=sa.bindparam("end"))
)


def _addition(table: sa.Table, *without: str) -> Prepared:
    columns = columns_of(table, *without)
    return Prepared(lambda it: insert_for(it, table).on_conflict_do_nothing(), columns=columns)


_ADD = _addition(dossiers, "erased_at")
_ADD_FILES = _addition(dossier_files, "to_town")
_OPEN_LEG = _addition(legs, "child_number", "step", "ended_at", "wanted")
_KEEP_STEP = _addition(leg_steps)


def get(tx: Tx, number: str, *, lock: bool = True) -> Dossier | None:
    """Return a dossier, locked against other writers until the transaction ends.

    `lock` False is for those who only look.
    """
    if hand := at_hand.holding(tx, number):
        return hand.dossiers.get(number)
    row = (_GET if lock else _LOOK).one_or_none(tx, {"which": number})
    return None if row is None else from_row(row)


def from_row(row: Any) -> Dossier:
    """Return the dossier of a row of the table."""
    values: dict[str, Any] = row._asdict()
    return Dossier(
        **values
        | {
            "channel": Channel(values["channel"]),
            "status": Status(values["status"]),
            "applicant": msgspec.json.decode(values["applicant"], type=Applicant),
            "components": msgspec.json.decode(values["components"], type=tuple[Component, ...]),
            "parcels": msgspec.json.decode(values["parcels"], type=tuple[Parcel, ...]),
        }
    )


def add(tx: Tx, dossier: Dossier) -> bool:
    """Insert a dossier; tell whether it is new. One that was archived is not."""
    if hand := at_hand.holding(tx, dossier.number):
        if dossier.number in hand.dossiers:
            return False
        hand.keep(dossier)
        hand.added.add(dossier.number)
        return True
    if _ADD.run(tx, _addable(dossier)) != 1:
        return False
    # Asked behind the insert, which waits for a process that is just archiving the dossier.
    if archived.known(tx, [dossier.number]):
        tx.execute(sa.delete(dossiers).where(dossiers.c.number == dossier.number))
        return False
    return True


def _addable(dossier: Dossier) -> dict[str, object]:
    values = {name: getattr(dossier, name) for name in _COLUMNS}
    values |= {name: _json(values[name]) for name in ("applicant", "components", "parcels")}
    return values | {"channel": int(dossier.channel), "status": int(dossier.status)}


def save(tx: Tx, dossier: Dossier) -> None:
    """Write what may change of a dossier."""
    if hand := at_hand.holding(tx, dossier.number):
        hand.keep(dossier)
        if dossier.number not in hand.added:
            hand.changed.add(dossier.number)
        return
    _SAVE.run(tx, _changeable(dossier))


def _changeable(dossier: Dossier) -> dict[str, object]:
    values = {f"new_{name}": getattr(dossier, name) for name in _CHANGING}
    return values | {"new_status": int(dossier.status), "which": dossier.number}


def write_at_hand(tx: Tx) -> None:
    """Write what is kept of the dossiers at hand. Raises AddedMeanwhile."""
    _write_added(tx)
    if hand := at_hand.of(tx):
        _SAVE.run_each(tx, [_changeable(hand.dossiers[number]) for number in sorted(hand.changed)])
        _ADD_EVENT.run_each(tx, hand.events)


def _write_added(tx: Tx) -> None:
    """Write new dossiers at hand: whatever refers to them has to find them."""
    hand = at_hand.of(tx)
    if hand and hand.added:
        rows = [_addable(hand.dossiers[number]) for number in sorted(hand.added)]
        added, hand.added = hand.added, set()
        # Whether one was archived is asked behind the insert, as in `add`.
        if _ADD.run_each(tx, rows) != len(rows) or archived.known(tx, added):
            raise at_hand.AddedMeanwhile


def add_event(tx: Tx, event: StatusEvent) -> None:
    """Append a status event."""
    values = {
        "number": event.number,
        "message_id": event.message_id,
        "status": int(event.status),
        "at": event.at,
        "officer": event.officer,
        "unit": event.unit,
        "note": event.note,
        "applied": event.why_not is None,
        "why_not": event.why_not,
    }
    if hand := at_hand.holding(tx, event.number):
        hand.events.append(values)
        return
    _ADD_EVENT.run(tx, values)


def add_files(
    tx: Tx, number: str, files: Iterable[Attachment], *, message_id: str, result: bool = False
) -> list[Attachment]:
    """Attach files to a dossier, the same file for the same component once; return those."""
    kept = {(file.component, file.sha256): file for file in reversed(list(files))}.values()
    rows = [
        {
            "number": number,
            "sha256": file.sha256,
            "component": file.component,
            "name": file.name,
            "media_type": file.media_type,
            "size": file.size,
            "is_result": result,
            "message_id": message_id,
        }
        for file in kept
    ]
    if rows:
        if hand := at_hand.holding(tx, number):
            _write_added(tx)
            hand.files.pop(number, None)
        _ADD_FILES.run_each(tx, rows)
    return sorted(kept, key=lambda file: (file.component, file.name))


def files_of(tx: Tx, number: str, *, result: bool | None = None) -> list[Attachment]:
    """Return the files of a dossier, ordered by component and name; `result` filters."""
    hand = at_hand.holding(tx, number)
    if hand and number in hand.files:
        rows = hand.files[number]
        return [_attachment(row) for row in rows if result in (None, row.is_result)]
    return [_attachment(row) for row in _FILES_OF[result].all(tx, {"which": number})]


def papers_not_at_town(tx: Tx, number: str) -> list[Attachment]:
    """Return the scanned papers of a dossier that the town was not given, ordered as `files_of`."""
    return [_attachment(row) for row in _NOT_THERE.all(tx, {"which": number})]


def give_papers(tx: Tx, number: str) -> None:
    """Record that the town is given all papers of a dossier, and so what it asked for."""
    _GIVEN.run(tx, {"which": number})
    _WANTED.run(tx, {"which": number, "request": None})


def take_papers_back(tx: Tx, number: str, papers: Iterable[Attachment]) -> None:
    """Record that the town was not given these papers after all."""
    rows = [{"which": number, "of": it.component, "hash": it.sha256} for it in papers]
    _NOT_GIVEN.run_each(tx, rows)


def want_again(tx: Tx, number: str) -> None:
    """Record that the town's last request for papers is not answered, if it stands.

    It does until the town says that it has the papers or has ended. The caller has the leg's lock.
    """
    step, place = leg_steps.c.step, leg_steps.c.sequence
    told = sa.select(sa.func.max(place)).where(leg_steps.c.number == number, leg_steps.c.applied)
    asked = tx.execute(told.where(step == TownStep.AWAITING_SUPPLEMENT.value)).scalar()
    over = [TownStep.SUPPLEMENTED.value, TownStep.ENDED.value]
    if asked and asked > (tx.execute(told.where(step.in_(over))).scalar() or 0):
        _WANTED.run(tx, {"which": number, "request": asked})


def _attachment(row: Any) -> Attachment:
    return Attachment(
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        component=row.component,
    )


def open_leg(tx: Tx, number: str, *, at: datetime) -> bool:
    """Begin the inter-level leg of a dossier; tell whether it is new."""
    _write_added(tx)
    values = {"number": number, "sequence": 0, "transferred_at": at}
    return _OPEN_LEG.run(tx, values) == 1


def leg_of(tx: Tx, number: str) -> Leg | None:
    """Return the inter-level leg of a dossier, None when it has none."""
    row = _LEG.one_or_none(tx, {"which": number})
    if row is None:
        return None
    values: dict[str, Any] = row._asdict()
    return Leg(**values | {"step": TownStep(values["step"]) if values["step"] else None})


def set_child(tx: Tx, number: str, child_number: str) -> None:
    """Record the number under which the town keeps the dossier."""
    _SET_CHILD.run(tx, {"which": number, "child": child_number})


def keep_step(tx: Tx, step: TownStepReported, *, message_id: str) -> None:
    """Keep a step that the town reported, until every earlier one is there."""
    values = {
        "number": step.number,
        "sequence": step.sequence,
        "step": step.step.value,
        "at": step.at,
        "officer": step.officer,
        "note": step.note,
        "message_id": message_id,
        "applied": False,
    }
    _write_added(tx)
    _KEEP_STEP.run(tx, values)


def next_step(tx: Tx, number: str, sequence: int) -> tuple[TownStepReported, str] | None:
    """Return the kept step with that sequence and its message id, None when it is not here."""
    row = _NEXT_STEP.one_or_none(tx, {"which": number, "place": sequence})
    if row is None:
        return None
    step = TownStepReported(
        number=row.number,
        sequence=row.sequence,
        step=TownStep(row.step),
        at=row.at,
        officer=row.officer,
        note=row.note,
    )
    return step, row.message_id


def advance_leg(tx: Tx, step: TownStepReported) -> None:
    """Record that a step was applied, and whether the town asks for papers now."""
    ended = step.at if step.step is TownStep.ENDED else None
    place = {"which": step.number, "place": step.sequence}
    _ADVANCE.run(tx, place | {"now": step.step.value, "end": ended})
    _APPLIED.run(tx, place)
    if step.step is TownStep.AWAITING_SUPPLEMENT:
        _WANTED.run(tx, {"which": step.number, "request": step.sequence})
    elif step.step in (TownStep.SUPPLEMENTED, TownStep.ENDED):
        _WANTED.run(tx, {"which": step.number, "request": None})
