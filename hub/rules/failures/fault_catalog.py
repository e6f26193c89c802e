"""The fault catalogue: what each code means, who fixes it and what is to be done, as data.

The table of `fault_codes.py` has our own codes. Each adapter's file explains the codes as its
partner says them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from hub.rules.failures.fault_codes import FAULTS, Fault, FaultClass
from hub.rules.owners import OWNERS

Record = TypeVar("Record", bound=Struct)


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
    reply: tuple[_Theirs, ...] = ()


def load(partners: Mapping[str, Path]) -> tuple[Explanation, ...]:
    """Return every explanation, ours first; raises DictionaryBroken."""
    found = [_own(fault) for fault in FAULTS.values()]
    for partner, path in partners.items():
        found += [_theirs(partner, row) for row in _read(path, _File).reply]
    keys = [(it.partner, it.operation, it.code) for it in found]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    strangers = sorted({who for it in found for who in it.who} - set(OWNERS))
    unknown = sorted({it.ours for it in found if it.ours} - FAULTS.keys())
    if twice or strangers or unknown:
        raise DictionaryBroken(f"twice: {twice}; nobody: {strangers}; no such code: {unknown}")
    return tuple(found)


def _read(path: Path, type: type[Record]) -> Record:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=type)
    except msgspec.DecodeError as error:
        raise DictionaryBroken(f"{path.name}: {error}") from None


def _own(fault: Fault) -> Explanation:
    return Explanation(
        partner="",
        code=fault.code,
        ours="" if fault.fault_class is FaultClass.REFUSED else fault.code,
        who=fault.who,
        cause=fault.text._asdict(),
        to_do=fault.to_do._asdict(),
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
