"""What a batch of messages needs of the dossiers, read at once; what it changes, written at once.

A batch in one transaction asks the store a few times for each of its messages, and that is what a
database at the other end of a line costs. So the dossiers that a batch is about are read and locked
at its beginning (`dossier_batches.together`), in one order, with their files, their inter-level
legs and the town's steps that wait for others; what the handlers write of them is kept here until
the end. Without that, or for a dossier that was not named, each function of `dossiers`, `papers`
and `legs` asks by itself; what it answers is the same. So each of them is there twice, and a change
of the one is a change of the other:

    function              by itself                at hand
    dossiers.get          _GET, _READ              AtHand.dossiers
    dossiers.add          _ADD                     AtHand.keep, added; written by _ADD
    dossiers.save         _SAVE                    AtHand.keep, changed; written by _SAVE
    dossiers.add_event    _ADD_EVENT               AtHand.events; written by _ADD_EVENT
    papers.add_files      _ADD                     Papers.add; written by _ADD
    papers._papers_of     _FILES_OF                Papers.of
    papers.count_of       _COUNT_OF                Papers.of
    papers.give_papers    _GIVEN                   Papers.give; written by _GIVEN
    legs.open_leg         _OPEN                    Legs.add; written by _OPEN
    legs.leg_of           _GET                     Legs.known
    legs.set_child        _SET_CHILD               Legs.change; written by _SAVE
    legs.set_wanted       _WANTED                  Legs.change; written by _SAVE
    legs.end_leg          _END                     Legs.change; written by _SAVE
    legs.keep_step        _KEEP                    Steps.keep; written by _KEEP
    legs.next_step        _STEP                    Steps.known
    legs.advance_leg      _ADVANCE, _APPLIED       Legs.change, Steps.apply; _SAVE, _APPLIED_UP_TO
    early_messages.wake   _EARLY_OF                AtHand.early
    changes.add           _ADD                     AtHand.changes; written by _ADD

`tests/contract/records/test_dossier_batches.py` has batches and single messages leave the same
rows; `tests/contract/records/test_batch_state.py` asks each function in both ways, also for what is
not there, and fails where a function that asks here is missing above.

Nothing here outlives the transaction, and the rows are locked: nobody else changes them meanwhile.
A dossier that was not there may be put in by another process; then writing fails as a whole, and
the batch is handled one by one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from hub.store.engine.store import Tx

if TYPE_CHECKING:
    from hub.store.records.dossiers import Dossier
    from hub.store.records.legs import KeptStep, Leg
    from hub.store.records.papers import Paper

RecordT = TypeVar("RecordT", "Dossier", "Leg")
_KEY = "dossiers at hand"


class AddedMeanwhile(Exception):
    """Another process has put a dossier in that was not there; nothing of the batch is written."""


@dataclass(slots=True, kw_only=True)
class Legs:
    """The inter-level legs of one batch, by number."""

    known: "dict[str, Leg]"
    added: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)

    def add(self, leg: "Leg") -> bool:
        """Keep a leg; tell whether it is new."""
        if leg.number in self.known:
            return False
        self.known[leg.number] = leg
        self.added.add(leg.number)
        return True

    def change(self, number: str, **values: Any) -> None:
        """Change columns of a leg, as the store would give them back; without a leg nothing."""
        if leg := self.known.get(number):
            self.known[number] = _as_stored(replace(leg, **values))
            self.changed.add(number)


@dataclass(slots=True, kw_only=True)
class Steps:
    """The town's steps of one batch that are not applied, by number and sequence, and those that
    the batch itself applied."""

    known: "dict[tuple[str, int], KeptStep]"
    added: set[tuple[str, int]] = field(default_factory=set)
    applied: set[tuple[str, int]] = field(default_factory=set)

    def keep(self, kept: "KeptStep") -> None:
        """Keep a step, unless it is here."""
        place = (kept.step.number, kept.step.sequence)
        if place not in self.known:
            self.known[place] = kept
            self.added.add(place)

    def apply(self, number: str, sequence: int) -> None:
        """Note that a step was applied; without the step nothing."""
        place = (number, sequence)
        if kept := self.known.get(place):
            self.known[place] = replace(kept, applied=True)
            self.applied.add(place)


@dataclass(slots=True, kw_only=True)
class BatchPapers:
    """The files of the dossiers of one batch."""

    of: "defaultdict[str, dict[tuple[str, str], Paper]]" = field(
        default_factory=lambda: defaultdict(dict)
    )
    """By number, then by `Paper.key`."""
    added: set[tuple[str, tuple[str, str]]] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    """Dossiers of whose files in the store all that are no results were given to the town."""

    def add(self, paper: "Paper") -> None:
        """Keep a file, unless it is here."""
        papers = self.of[paper.number]
        if paper.key not in papers:
            papers[paper.key] = paper
            self.added.add((paper.number, paper.key))

    def give(self, number: str) -> None:
        """Note that the town was given all that are no results."""
        papers = self.of[number]
        for key, paper in papers.items():
            if not paper.is_result and not paper.to_town:
                papers[key] = replace(paper, to_town=True)
                if (number, key) not in self.added:
                    self.given.add(number)


@dataclass(slots=True, kw_only=True)
class AtHand:
    """The dossiers of one batch."""

    numbers: frozenset[str]
    """Of which everything is known: what is not here is not there."""
    dossiers: "dict[str, Dossier]"
    early: frozenset[str]
    """Those of which messages came early; of the others nobody has to look."""
    legs: Legs
    steps: Steps
    papers: BatchPapers
    added: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    events: list[Mapping[str, object]] = field(default_factory=list)
    changes: list[Mapping[str, object]] = field(default_factory=list)
    """Of the feed, in the order in which they happened."""

    def keep(self, dossier: "Dossier") -> None:
        """Keep a dossier as the store would give it back."""
        self.dossiers[dossier.number] = _as_stored(dossier)


def _as_stored(record: RecordT) -> RecordT:
    """Return a record as the store would give it back: its times are those of UTC."""
    values = ((name, getattr(record, name)) for name in record.__slots__)
    times: dict[str, Any] = {
        name: value.astimezone(UTC) for name, value in values if isinstance(value, datetime)
    }
    return replace(record, **times) if times else record


@contextmanager
def opened(tx: Tx, hand: AtHand) -> Iterator[None]:
    """Have `dossiers`, `papers` and `legs` use it, as long as the block runs."""
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
