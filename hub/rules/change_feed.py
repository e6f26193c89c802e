"""The feed of changes: what kinds there are, and where a reader goes on after a restore. Pure.

A cursor is a place in the one order of all changes: an epoch and a position. Each restore of the
database from a copy begins an epoch, because positions behind the copy's last one are given again,
to other changes. What was read up to that last one is the same in both epochs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.messages.payloads import Status


class ChangeKind(StrEnum):
    """What changed of a dossier; also the type of a webhook's event."""

    STATUS = "dossier.status_changed"
    STEP = "dossier.step_reported"
    """The town moved its part of the dossier on."""
    SUPPLEMENT = "dossier.supplement_requested"
    PAYMENT = "dossier.payment_requested"
    RESULT = "dossier.result_issued"
    PROCEDURE = "dossier.procedure_corrected"


_BY_STATUS = {
    Status.SUPPLEMENT_REQUESTED: ChangeKind.SUPPLEMENT,
    Status.PAYMENT_REQUESTED: ChangeKind.PAYMENT,
    Status.FINISHED: ChangeKind.RESULT,
}
_CURSOR = re.compile(r"(?P<epoch>[0-9a-f]{8})-(?P<position>\d{1,18})", re.ASCII)


def kind_of(status: Status) -> ChangeKind:
    """Return as what the feed tells that a dossier has reached a status."""
    return _BY_STATUS.get(status, ChangeKind.STATUS)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the feed: behind the change of that position."""

    epoch: str
    position: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.position}"


@dataclass(frozen=True, slots=True)
class Epoch:
    """A stretch of the feed, from the start or from a restore on."""

    id: str
    begins_after: int
    """Position of the last change that was there when it began."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """How far the feed is."""

    epochs: Sequence[Epoch]
    """In the order in which they began; the last one is the present one."""
    last: int
    """Position that was given last."""
    removed_to: int = 0
    """Up to where changes are missing, because their dossiers were archived or erased."""

    def cursor(self, position: int) -> Cursor:
        """Return the cursor of a position."""
        return Cursor(self.epochs[-1].id, position)

    def event_id(self, position: int) -> str:
        """Return the id of a change: the same for ever, another one for what a restore undid."""
        epoch = next(it for it in reversed(self.epochs) if it.begins_after < position)
        return f"evt_{epoch.id}_{position}"


class FeedRestarted(Exception):
    """A cursor is of before a restore; `begin` is where its reader loses nothing."""

    def __init__(self, begin: Cursor) -> None:
        super().__init__(str(begin))
        self.begin = begin


def read_cursor(text: str) -> Cursor | None:
    """Return the cursor of a text, None where it is none."""
    found = _CURSOR.fullmatch(text)
    return Cursor(found["epoch"], int(found["position"])) if found else None


def position_of(cursor: Cursor, state: FeedState) -> int:
    """Return behind which position a reader goes on; raises FeedRestarted.

    The reader of an earlier epoch has read what was undone, if it is behind the first change that
    was there in no later epoch. An epoch that nobody knows was itself undone by a restore of an
    older copy: what it shares with the present one cannot be known, so its reader begins at 0. A
    position that was not given yet is of a database that was restored without a word about it.
    """
    if cursor.epoch == state.epochs[-1].id:
        if cursor.position > state.last:
            raise FeedRestarted(state.cursor(0))
        return cursor.position
    places = [it.id for it in state.epochs]
    if cursor.epoch not in places:
        raise FeedRestarted(state.cursor(0))
    later = state.epochs[places.index(cursor.epoch) + 1 :]
    shared = min(cursor.position, *(it.begins_after for it in later))
    raise FeedRestarted(state.cursor(shared))
