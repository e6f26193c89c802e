"""Agencies (cơ quan): who stands above whom on a day, as dated data in `data/agencies.toml`.

Identifiers are configuration: the real ones of the town and the ward are not known. The parent is
written down, never derived from the identifier, because its groups are written in two orders.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from hub.messages.payloads import ApplicantKind
from hub.records.registers.procedures import Level

DATA = Path(__file__).parents[1] / "data"


class DirectoryBroken(ValueError):
    """The agencies' data contradict themselves; nothing may start with them."""


class Agency(Struct, frozen=True, forbid_unknown_fields=True):
    """An agency as it is from `valid_from` to `valid_to`, both within."""

    id: str
    name: str
    level: Level
    valid_from: date
    source: str
    valid_to: date | None = None
    parent: str = ""
    """Identifier of the agency above, "" at the top."""
    applicants: tuple[ApplicantKind, ...] = ()
    """Kinds of applicant whose dossiers it takes over; empty: all of them."""
    assumed: tuple[str, ...] = ()
    """Fields that nobody has confirmed."""

    def exists_on(self, day: date) -> bool:
        """Tell whether this entry counts on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    agency: tuple[Agency, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Directory:
    """Every entry of every agency."""

    entries: tuple[Agency, ...]


@cache
def load(folder: Path = DATA) -> Directory:
    """Return the directory, read once; raises DirectoryBroken."""
    try:
        entries = msgspec.toml.decode((folder / "agencies.toml").read_bytes(), type=_File).agency
    except msgspec.DecodeError as error:
        raise DirectoryBroken(f"agencies.toml: {error}") from None
    for entry in entries:
        _check(entry, entries)
    return Directory(entries)


def find(id: str, *, on: date, directory: Directory) -> Agency:
    """Return an agency as it is on a day; raises LookupError when there is none."""
    for entry in directory.entries:
        if entry.id == id and entry.exists_on(on):
            return entry
    raise LookupError(f"there is no agency {id} on {on}")


def of_level(level: Level, *, on: date, directory: Directory) -> tuple[Agency, ...]:
    """Return the agencies of a level on a day; none where the level is abolished."""
    return tuple(
        entry for entry in directory.entries if entry.level is level and entry.exists_on(on)
    )


def chain(id: str, *, on: date, directory: Directory) -> tuple[Agency, ...]:
    """Return an agency and those above it, up to the top; raises LookupError."""
    found = [find(id, on=on, directory=directory)]
    while found[-1].parent:
        found.append(find(found[-1].parent, on=on, directory=directory))
    return tuple(found)


_RANK = {Level.WARD: 0, Level.TOWN: 1, Level.PROVINCE: 2}


def _check(entry: Agency, entries: tuple[Agency, ...]) -> None:
    if entry.valid_to is not None and entry.valid_to < entry.valid_from:
        raise DirectoryBroken(f"{entry.id}: ends before it begins")
    same = [other for other in entries if other.id == entry.id and other is not entry]
    if any(other.exists_on(entry.valid_from) for other in same):
        raise DirectoryBroken(f"{entry.id}: two entries on {entry.valid_from}")
    if not entry.parent:
        return
    above = [other for other in entries if other.id == entry.parent]
    last = entry.valid_to or date.max
    ends = (other.valid_to for other in above if other.valid_to)
    days = {entry.valid_from, last, *(end + timedelta(days=1) for end in ends)}
    for day in days:
        if not entry.exists_on(day):
            continue
        if not any(o.exists_on(day) and _RANK[o.level] > _RANK[entry.level] for o in above):
            raise DirectoryBroken(f"{entry.id}: no agency above it on {day}")
