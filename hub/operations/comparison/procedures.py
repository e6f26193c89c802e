"""Compares the ward's procedures with the province's, as an operator does before a new code or name
reaches the counter.

The province can only be asked about one code at a time, so its list cannot be read whole. What it
knows and we do not is found among the codes that came in and were parked for it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, runtime_checkable

from hub.records.registers.procedures import Catalogue
from hub.rules.failures.errors import DeliveryFailure
from hub.store.engine.store import Tx
from hub.store.monitoring import attention

_CODE = re.compile(r"\b[0-9]\.[0-9]{6}\b")


@runtime_checkable
class KnowsProcedures(Protocol):
    """A partner that can be asked about a procedure."""

    name: str

    def procedure_name(self, code: str) -> str | None:
        """Return the partner's name of a procedure, None when it has none; raises
        DeliveryFailure when it cannot be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One procedure on which ward and province do not agree."""

    code: str
    kind: str
    """`unknown_there`, `unknown_here`, `name_differs` or `not_asked`."""
    ours: str = ""
    theirs: str = ""


def compare(
    catalogue: Catalogue,
    partner: KnowsProcedures,
    *,
    on: date,
    seen: Iterable[str] = (),
    progress: Callable[[], None] = lambda: None,
) -> list[Difference]:
    """Ask about every procedure in force on a day and about the codes `seen`; asking only."""
    ours = {version.code: version.name for version in catalogue if version.is_valid_on(on)}
    found: list[Difference] = []
    for code in sorted({*ours, *seen}):
        mine = ours.get(code, "")
        try:
            theirs = partner.procedure_name(code)
        except DeliveryFailure as failure:
            found.append(Difference(code=code, kind="not_asked", ours=mine, theirs=failure.code))
        else:
            found += _difference(code, mine, theirs)
        progress()
    return found


def _difference(code: str, ours: str, theirs: str | None) -> list[Difference]:
    if theirs is None:
        return [Difference(code=code, kind="unknown_there", ours=ours)] if ours else []
    if not ours:
        return [Difference(code=code, kind="unknown_here", theirs=theirs)]
    if _plain(ours) == _plain(theirs):
        return []
    return [Difference(code=code, kind="name_differs", ours=ours, theirs=theirs)]


def _plain(name: str) -> str:
    """Return a name without what two people write differently and mean the same by."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def codes_seen(tx: Tx) -> set[str]:
    """Return the codes of messages that were parked because nobody here knows the procedure."""
    rows = attention.parked(tx, limit=10_000)
    return {
        found
        for *_, code, reason in rows
        if code == "procedure_unknown"
        for found in _CODE.findall(reason)
    }
