"""Take parked messages up again, one or hundreds, after their cause was mended.

In batches, each durable by itself: what was done before an interruption stays done, and the same
command does the rest. The one audit row is written with the first batch, so that nothing is ever
taken up without it. What is wrong still is parked again, so this may be tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.store import audit, parked
from hub.store.engine import Store, Tx
from hub.store.parked import Parked, Selection
from hub.store.tables import (
    STATE_ACCEPTED,
    STATE_EARLY,
    STATE_HANDLED,
    STATE_OUTGOING,
    STATE_PARKED,
)

BATCH = 500
_WHY_NOT = {
    STATE_ACCEPTED: "it waits to be handled already",
    STATE_EARLY: "it waits for its dossier or its papers",
    STATE_HANDLED: "it is handled",
    STATE_OUTGOING: "the hub said it itself; see its delivery",
    parked.ERASED: "its content was erased with its dossier",
    STATE_PARKED: "somebody took it up meanwhile, and it was parked again",
}
Chosen = Selection | Sequence[str]
"""Which messages: by what they have in common, or by their ids."""


@dataclass(frozen=True, slots=True)
class Unparked:
    """How many were taken up, and by id why the others were not."""

    count: int
    refused: dict[str, str]


def look(store: Store, chosen: Chosen) -> tuple[list[Parked], dict[str, str]]:
    """Return what would be taken up, and by id why the others would not. Changes nothing."""
    with store.read() as tx:
        if isinstance(chosen, Selection):
            return parked.select(tx, chosen), {}
        ids = list(dict.fromkeys(chosen))
        found = [one for page in _pages(ids, BATCH) for one in parked.among(tx, page)]
        there = {one.id for one in found}
        return found, _why_not(tx, [id for id in ids if id not in there])


def unpark(
    store: Store,
    chosen: Chosen,
    *,
    actor: str,
    reason: str,
    now: datetime,
    batch: int = BATCH,
) -> Unparked:
    """Take parked messages up again, with the same ids; return how many, and what was refused.

    What is parked meanwhile is left alone, so that one that is parked again ends this all the same.
    """
    found, refused = look(store, chosen)
    ids = [one.id for one in found]
    object = f"{chosen}, {len(ids)} messages" if isinstance(chosen, Selection) else ", ".join(ids)
    count = 0
    for page in _pages(ids, batch):
        with store.write() as tx:
            taken = set(parked.take_up(tx, page))
            if taken and not count:
                audit.record(tx, actor, "message.unpark", object=object, reason=reason, now=now)
            refused |= _why_not(tx, [id for id in page if id not in taken])
        count += len(taken)
    return Unparked(count, refused)


def _why_not(tx: Tx, ids: Sequence[str]) -> dict[str, str]:
    states = {
        id: state for page in _pages(ids, BATCH) for id, state in parked.states(tx, page).items()
    }
    return {id: _WHY_NOT[states[id]] if id in states else "there is no such message" for id in ids}


def _pages(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
