"""What a batch of messages needs of the dossiers, read at once; what it changes, written at once.

A batch in one transaction asks the store a few times for each of its messages, and that is what a
database at the other end of a line costs. So the dossiers that a batch is about are read and locked
at its beginning (`dossiers_together`), in one order, and what the handlers write of them is kept
here until the end. Without that, or for a dossier that was not named, each function of `dossiers`
asks by itself; what it answers is the same.

Nothing here outlives the transaction, and the rows are locked: nobody else changes them meanwhile.
A dossier that was not there may be put in by another process; then writing fails as a whole, and
the batch is handled one by one.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hub.store.engine import Tx

if TYPE_CHECKING:
    from hub.store.dossiers import Dossier

_KEY = "dossiers at hand"


class AddedMeanwhile(Exception):
    """Another process has put a dossier in that was not there; nothing of the batch is written."""


@dataclass(slots=True, kw_only=True)
class AtHand:
    """The dossiers of one batch."""

    numbers: frozenset[str]
    """Of which everything is known: what is not in `dossiers` is not there."""
    dossiers: "dict[str, Dossier]"
    early: frozenset[str]
    """Those of which messages came early; of the others nobody has to look."""
    files: dict[str, Sequence[Any]]
    """Rows of the files of those that nobody gave a file since."""
    added: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    events: list[Mapping[str, object]] = field(default_factory=list)

    def keep(self, dossier: "Dossier") -> None:
        """Keep a dossier as the store would give it back: its times are those of UTC."""
        values = ((name, getattr(dossier, name)) for name in dossier.__slots__)
        times: dict[str, Any] = {
            name: value.astimezone(UTC) for name, value in values if isinstance(value, datetime)
        }
        self.dossiers[dossier.number] = replace(dossier, **times)


@contextmanager
def opened(tx: Tx, hand: AtHand) -> Iterator[None]:
    """Have the functions of `dossiers` use it, as long as the block runs."""
    info = tx.info
    info[_KEY] = hand
    try:
        yield
    finally:
        del info[_KEY]


def of(tx: Tx) -> AtHand | None:
    """Return what the transaction has at hand."""
    return tx.info.get(_KEY)


def holding(tx: Tx, number: str) -> AtHand | None:
    """Return what the transaction has at hand if that dossier is among it."""
    hand = of(tx)
    return hand if hand is not None and number in hand.numbers else None
