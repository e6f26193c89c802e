"""Administrative procedures (thủ tục hành chính): dated data, in `data/procedures`.

A procedure has versions; a dossier is pinned to the one in force on its reception day. A local code
is a national one with the agency behind it (`2.000815.000.00.00.H57`, `1.012753.H57`); both find
the same entry. What is not certain in an entry is named in its `assumed`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import Component

DATA = Path(__file__).parents[1] / "data"
FileT = TypeVar("FileT", bound=Struct)
_CODE = re.compile(r"([0-9]\.[0-9]{6})(?:\.[0-9A-Z.]{1,30})?", re.ASCII)


class CatalogueBroken(ValueError):
    """The procedures' data contradict themselves; nothing may start with them."""


class Level(StrEnum):
    """Who decides; the ward takes the dossier in either way."""

    WARD = "ward"
    TOWN = "town"
    PROVINCE = "province"


class Unit(StrEnum):
    """In what a time limit is counted."""

    SAME_DAY = "same_day"
    """The day of reception, the next working day from the cut-off on."""
    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"


class Clock(StrEnum):
    """What a request for more papers does to the time limit."""

    PAUSE = "pause"
    RESTART = "restart"


class TimeLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """A time limit; `amount` counts days and is zero for the same day."""

    unit: Unit
    amount: Annotated[int, Meta(ge=0, le=365)] = 0
    cutoff: time = time(15)
    """For the same day: what comes in from here on is due on the next working day."""

    def __post_init__(self) -> None:
        if (self.unit is Unit.SAME_DAY) != (self.amount == 0):
            raise ValueError("the same day has no amount, every other unit has one")


class Fee(Struct, frozen=True, forbid_unknown_fields=True):
    """What the applicant pays: đồng per `unit`."""

    name: str
    amount: Annotated[int, Meta(ge=0)]
    unit: str


class Sector(Struct, frozen=True, forbid_unknown_fields=True):
    """A field of work (lĩnh vực); the code may hold the letter Đ."""

    code: str
    name: str


class _Sectors(Struct, frozen=True, forbid_unknown_fields=True):
    sector: tuple[Sector, ...]


class _Paper(Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    name: str
    originals: int = 0
    copies: int = 0


class _Entry(Struct, frozen=True, forbid_unknown_fields=True):
    code: Annotated[str, Meta(pattern=r"^[0-9]\.[0-9]{6}$")]
    name: str
    level: Level
    time: TimeLimit
    valid_from: date
    source: str
    components: Annotated[tuple[_Paper, ...], Meta(min_length=1)]
    inter_level: bool = False
    extended: TimeLimit | None = None
    supplement_clock: Clock = Clock.PAUSE
    supplement_days: int = 30
    valid_to: date | None = None
    fees: tuple[Fee, ...] = ()
    assumed: tuple[str, ...] = ()


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    sector: str
    procedure: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """One version of a procedure."""

    code: str
    """The national code, `N.NNNNNN`."""
    name: str
    sector: str
    sector_name: str
    level: Level
    inter_level: bool
    """Whether the ward hands the dossier over to the next level (liên thông)."""
    time: TimeLimit
    extended: TimeLimit | None
    """The longer limit where facts must be verified or the work is large, if there is one."""
    supplement_clock: Clock
    supplement_days: int
    """Calendar days within which the applicant must bring what was asked for."""
    components: tuple[Component, ...]
    fees: tuple[Fee, ...]
    valid_from: date
    valid_to: date | None
    """The last day on which it is in force; None while it has no end."""
    source: str
    assumed: tuple[str, ...]
    """Fields that nobody has confirmed."""

    def is_valid_on(self, day: date) -> bool:
        """Tell whether this version is in force on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Every version of every procedure, and the sectors in their order."""

    versions: Mapping[str, tuple[Procedure, ...]]
    sectors: Mapping[str, Sector]

    def __iter__(self) -> Iterator[Procedure]:
        return (version for versions in self.versions.values() for version in versions)


@cache
def load(folder: Path = DATA) -> Catalogue:
    """Return the catalogue, read once; raises CatalogueBroken."""
    sectors = {sector.code: sector for sector in _read(folder / "sectors.toml", _Sectors).sector}
    versions: dict[str, list[Procedure]] = defaultdict(list)
    for path in sorted((folder / "procedures").glob("*.toml")):
        file = _read(path, _File)
        if file.sector not in sectors:
            raise CatalogueBroken(f"{path.name}: there is no sector {file.sector}")
        for entry in file.procedure:
            versions[entry.code].append(_procedure(entry, sectors[file.sector]))
    for of_code in versions.values():
        of_code.sort(key=lambda version: version.valid_from)
        _check(of_code)
    frozen = {code: tuple(of_code) for code, of_code in versions.items()}
    return Catalogue(MappingProxyType(frozen), MappingProxyType(sectors))


def find(code: str, *, on: date, catalogue: Catalogue) -> Procedure:
    """Return the version of a procedure in force on the day of reception.

    `code` may be national or local. Raises InvalidMessage (`procedure_unknown`).
    """
    for version in catalogue.versions.get(core(code), ()):
        if version.is_valid_on(on):
            return version
    raise InvalidMessage(
        "procedure_unknown", where="maTTHC", why=f"no procedure {code[:60]!r} in force on {on}"
    )


def core(code: str) -> str:
    """Return the national part of a code, `N.NNNNNN`, or "" when it has none."""
    found = _CODE.fullmatch(code)
    return found[1] if found else ""


def _read(path: Path, kind: type[FileT]) -> FileT:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        raise CatalogueBroken(f"{path.name}: {error}") from None


def _procedure(entry: _Entry, sector: Sector) -> Procedure:
    values = msgspec.structs.asdict(entry)
    values["components"] = tuple(
        Component(code=paper.code, name=paper.name, originals=paper.originals, copies=paper.copies)
        for paper in entry.components
    )
    return Procedure(sector=sector.code, sector_name=sector.name, **values)


def _check(versions: Sequence[Procedure]) -> None:
    for version in versions:
        codes = [component.code for component in version.components]
        if len(set(codes)) < len(codes):
            raise CatalogueBroken(f"{version.code}: two components have the same code")
        if unknown := set(version.assumed) - set(version.__slots__):
            raise CatalogueBroken(f"{version.code}: assumed names {sorted(unknown)}")
        if version.valid_to is not None and version.valid_to < version.valid_from:
            raise CatalogueBroken(f"{version.code}: ends before it begins")
    for earlier, later in pairwise(versions):
        if earlier.is_valid_on(later.valid_from):
            raise CatalogueBroken(f"{later.code}: two versions on {later.valid_from}")
