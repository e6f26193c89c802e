"""Whether a selection names what there is: partners, message types, codes.

A misspelt name selects nothing, and an empty plan reads as "nothing is wrong". Promises a refusal
that names what there is. A known name that nothing has at the moment is no mistake.
"""

from collections.abc import Iterable

from hub.messages import catalog
from hub.rules.failures.errors import FAULTS
from hub.store.engine.store import Tx
from hub.store.messages import parked
from hub.store.messages.parked import ParkedFilter
from hub.store.repair import replays
from hub.store.repair.replays import ReplayFilter
from hub.texts import Explained, both


class UnknownName(Explained):
    """A filter has a name that there is not; the text says which there are."""


def check_deliveries(tx: Tx, selection: ReplayFilter) -> None:
    """Raise UnknownName where a filter of dead deliveries names nothing that there is."""
    _check("no_partner", selection.destination, set(catalog.READERS.values()))
    _check("no_type", selection.type, catalog.READERS)
    if selection.code and selection.code not in FAULTS:
        _check("no_code", selection.code, replays.dead_codes(tx))


def check_messages(tx: Tx, selection: ParkedFilter) -> None:
    """Raise UnknownName where a filter of parked messages names nothing that there is."""
    _check("no_parked_type", selection.type, [entry.name for entry in catalog.CATALOG])
    if selection.code and selection.code not in FAULTS:
        _check("no_parked_code", selection.code, parked.codes(tx))


def _check(id: str, value: str, known: Iterable[str]) -> None:
    names = sorted(known)
    if value and value not in names:
        shown = ", ".join(names) or "–"
        raise UnknownName(both(f"unknown_names.{id}", value=repr(value), known=shown))
