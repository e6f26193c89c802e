"""The ward's records in the store: dossiers and their events. See `papers` and `legs`, too.

Plain reads and writes; what may happen to a dossier is decided by hub/records.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.messages.payloads import Applicant, Channel, Component, Parcel, Status
from hub.rules.change_feed import kind_of
from hub.store.archive import index as archived
from hub.store.engine.store import Tx, insert_for
from hub.store.records import batch_state, changes, names
from hub.store.schema.tables.records import dossier_events, dossiers
from hub.store.statements.compiled import Compiled, columns_of

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
    files_told: int = 0
    """How many files the province was told of last."""
    refresh_wanted_at: datetime | None = None
    """When the last page came, as long as the province was not told of it."""


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


_CHANGING = (
    "procedure",
    "sector",
    "inter_level",
    "received_at",
    "due_at",
    "first_due_at",
    "status",
    "status_at",
    "version",
    "supplement_since",
    "finished_at",
    "returned_at",
    "files_told",
    "refresh_wanted_at",
)
_COLUMNS = columns_of(dossiers, "erased_at", "archive_again", "erase_again")
READ = sa.select(*(dossiers.c[it.name] for it in fields(Dossier)))
_ONE = READ.where(dossiers.c.number == sa.bindparam("which"))
_GET, _READ = Compiled(_ONE.with_for_update()), Compiled(_ONE)
_SAVE = Compiled(
    sa.update(dossiers)
    .where(dossiers.c.number == sa.bindparam("which"))
    .values({name: sa.bindparam(f"new_{name}") for name in _CHANGING})
    .values(archive_again=None, erase_again=None),  # what kept it from there may be gone
    key="which",
)
_ADD_EVENT = Compiled(
    sa.insert(dossier_events),
    columns=columns_of(dossier_events, "id"),
)
_ADD = Compiled(lambda it: insert_for(it, dossiers).on_conflict_do_nothing(), columns=_COLUMNS)


def get(tx: Tx, number: str, *, lock: bool = True) -> Dossier | None:
    """Return a dossier, locked against other writers until the transaction ends.

    `lock` False is for those who only look.
    """
    if hand := batch_state.holding(tx, number):
        return hand.dossiers.get(number)
    row = (_GET if lock else _READ).one_or_none(tx, {"which": number})
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
    if hand := batch_state.holding(tx, dossier.number):
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
    names.add(tx, [(dossier.number, dossier.applicant.name)])
    return True


def _addable(dossier: Dossier) -> dict[str, object]:
    values = {name: getattr(dossier, name) for name in _COLUMNS}
    values |= {name: _json(values[name]) for name in ("applicant", "components", "parcels")}
    return values | {"channel": int(dossier.channel), "status": int(dossier.status)}


def save(tx: Tx, dossier: Dossier) -> None:
    """Write what may change of a dossier."""
    if hand := batch_state.holding(tx, dossier.number):
        hand.keep(dossier)
        if dossier.number not in hand.added:
            hand.changed.add(dossier.number)
        return
    _SAVE.run(tx, _changeable(dossier))


def _changeable(dossier: Dossier) -> dict[str, object]:
    values = {f"new_{name}": getattr(dossier, name) for name in _CHANGING}
    return values | {"new_status": int(dossier.status), "which": dossier.number}


def write_at_hand(tx: Tx) -> None:
    """Write what changed of the dossiers at hand. Raises AddedMeanwhile."""
    hand = batch_state.of(tx)
    if hand is None:
        return
    rows = [_addable(hand.dossiers[number]) for number in sorted(hand.added)]
    # Whether one was archived is asked behind the insert, as in `add`.
    if _ADD.run_each(tx, rows) != len(rows) or (rows and archived.known(tx, hand.added)):
        raise batch_state.AddedMeanwhile
    names.add(tx, ((it, hand.dossiers[it].applicant.name) for it in sorted(hand.added)))
    _SAVE.run_each(tx, [_changeable(hand.dossiers[number]) for number in sorted(hand.changed)])
    _ADD_EVENT.run_each(tx, hand.events)


def add_event(tx: Tx, event: StatusEvent, *, fed: bool = True) -> None:
    """Append a status event; an applied one is a change of the feed, unless `fed` is False."""
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
    if hand := batch_state.holding(tx, event.number):
        hand.events.append(values)
    else:
        _ADD_EVENT.run(tx, values)
    if fed and event.why_not is None:
        kind, code = kind_of(event.status), str(int(event.status))
        changes.add(tx, event.number, kind, code, at=event.at, message_id=event.message_id)
