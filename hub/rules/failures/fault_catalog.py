"""The fault catalogue: what each code means, who fixes it and what is to be done, as data.

`data/faults.toml` explains our own codes, each adapter's file the codes as its partner says them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from hub.rules.failures.errors import FAULTS

OWN = Path(__file__).parent / "data" / "faults.toml"
OWNERS = frozenset({"ward clerk", "ward IT", "province", "town"})


class DictionaryBroken(ValueError):
    """The dictionary's data contradict themselves or the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One code in an officer's words."""

    partner: str
    """Whose code it is; "" for our own."""
    code: str
    """As the partner says it."""
    ours: str
    """Our fault code, "" where it is no failure."""
    who: tuple[str, ...]
    cause: dict[str, str]
    """By language, `vi` and `en`."""
    to_do: dict[str, str]
    operation: str = ""
    """The partner's operation; "" for all."""


class _Own(Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    who: tuple[str, ...]
    vi: str
    en: str


class _Theirs(Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    ours: str
    who: tuple[str, ...]
    cause_vi: str
    cause_en: str
    vi: str
    en: str
    operation: str = ""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    fault: tuple[_Own, ...] = ()
    reply: tuple[_Theirs, ...] = ()


def load(partners: Mapping[str, Path]) -> tuple[Explanation, ...]:
    """Return every explanation, ours first; raises DictionaryBroken."""
    found = [_own(row) for row in _read(OWN).fault]
    for partner, path in partners.items():
        found += [_theirs(partner, row) for row in _read(path).reply]
    keys = [(it.partner, it.operation, it.code) for it in found]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    strangers = sorted({who for it in found for who in it.who} - OWNERS)
    unknown = sorted({it.ours for it in found if it.ours} - FAULTS.keys())
    if twice or strangers or unknown:
        raise DictionaryBroken(f"twice: {twice}; nobody: {strangers}; no such code: {unknown}")
    return tuple(found)


def _read(path: Path) -> _File:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_File)
    except msgspec.DecodeError as error:
        raise DictionaryBroken(f"{path.name}: {error}") from None


def _own(row: _Own) -> Explanation:
    fault = FAULTS.get(row.code)
    if fault is None:
        raise DictionaryBroken(f"there is no fault code {row.code}")
    return Explanation(
        partner="",
        code=row.code,
        ours=row.code,
        who=row.who,
        cause=fault.text._asdict(),
        to_do={"vi": row.vi, "en": row.en},
    )


def _theirs(partner: str, row: _Theirs) -> Explanation:
    return Explanation(
        partner=partner,
        operation=row.operation,
        code=row.code,
        ours=row.ours,
        who=row.who,
        cause={"vi": row.cause_vi, "en": row.cause_en},
        to_do={"vi": row.vi, "en": row.en},
    )
