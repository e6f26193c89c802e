"""Retry parked messages after their cause was removed, or discard those that nobody needs.

One or hundreds, in batches, each durable by itself: what was done before an interruption stays
done, and the same command does the rest. The one audit row is written with the first batch, so that
nothing is ever retried or discarded without it. What is wrong still is parked again, so a retry may
be tried; discarding is for good. The audit has them by their former names: unpark, drop.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hub.operations.deliveries import second_person
from hub.operations.signed_by import SignedBy
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.messages import parked
from hub.store.messages.parked import Parked, ParkedFilter
from hub.store.schema.tables.exchange import (
    STATE_ACCEPTED,
    STATE_EARLY,
    STATE_HANDLED,
    STATE_OUTGOING,
    STATE_PARKED,
)
from hub.texts import Explained, both, text

BATCH = 500
_WHY_NOT = {
    STATE_ACCEPTED: "accepted",
    STATE_EARLY: "early",
    STATE_HANDLED: "handled",
    STATE_OUTGOING: "outgoing",
    parked.ERASED: "erased",
    parked.DISCARDED: "discarded",
}
"""The text for each state that is not parked."""
_PARKED_AGAIN, _ON_HOLD = "parked_again", "on_hold"
Chosen = ParkedFilter | Sequence[str]
"""Which messages: by what they have in common, or by their ids."""


@dataclass(frozen=True, slots=True)
class ParkedOutcome:
    """How many were retried or discarded, and by id why the others were not."""

    count: int
    refused: dict[str, str]


class NotParked(Explained):
    """Nothing was done: the message is not parked as it was seen; `text` says how it is."""


def preview(
    store: Store, chosen: Chosen, *, to_discard: bool = False
) -> tuple[list[Parked], dict[str, str]]:
    """Return what would be retried, and by id why the others would not. Changes nothing.

    `to_discard`: what would be discarded, also what was emptied with its dossier.
    """
    with store.read() as tx:
        if isinstance(chosen, ParkedFilter):
            return parked.select(tx, chosen, emptied=to_discard), {}
        ids = list(dict.fromkeys(chosen))
        pages = _pages(ids, BATCH)
        found = [one for page in pages for one in parked.among(tx, page, emptied=to_discard)]
        there = {one.id for one in found}
        return found, why_not(tx, [id for id in ids if id not in there], _PARKED_AGAIN)


def retry(
    store: Store,
    chosen: Chosen,
    *,
    by: SignedBy,
    batch: int = BATCH,
) -> ParkedOutcome:
    """Retry parked messages, with the same ids; return how many, and what was refused.

    What is parked meanwhile is left alone, so that one that is parked again ends this all the same.
    """
    act = _Act("message.unpark", parked.retry, _PARKED_AGAIN)
    return _each_batch(store, chosen, preview(store, chosen), act, by, batch)


def retry_one(store: Store, id: str, expected: str, *, by: SignedBy) -> None:
    """Retry one message; `expected`: the code for which the person saw it parked.

    Raises NotParked.
    """
    with store.write() as tx:
        present = parked.codes_of(tx, [id]).get(id)
        if present is not None and present != expected:
            raise NotParked(both("parked_pages.other_cause", code=present))
        if not parked.retry(tx, [id]):
            raise NotParked(both("parked_pages.not_parked", why=why_not(tx, [id])[id]))
        audit.record(tx, action="message.unpark", object=id, **by)


def discard(store: Store, chosen: Chosen, *, by: SignedBy, batch: int = BATCH) -> ParkedOutcome:
    """Discard parked messages for good; return how many, and what was refused.

    Their bodies go, hashes and sizes stay; they keep no dossier from anything any more. What is
    about a dossier with a legal hold is refused. Raises StateConflict where a second person is
    needed.
    """

    def discard_parked(tx: Tx, ids: Sequence[str]) -> list[str]:
        second_person.require_none_needed(tx)
        return parked.discard(tx, ids, now=by["now"])

    act = _Act("message.drop", discard_parked, _ON_HOLD)
    return _each_batch(store, chosen, preview(store, chosen, to_discard=True), act, by, batch)


@dataclass(frozen=True, slots=True)
class _Act:
    """What is done with parked messages: its name in the audit, and why one is left parked."""

    action: str
    apply: Callable[[Tx, Sequence[str]], list[str]]
    left: str


def _each_batch(
    store: Store,
    chosen: Chosen,
    previewed: tuple[list[Parked], dict[str, str]],
    act: _Act,
    by: SignedBy,
    batch: int,
) -> ParkedOutcome:
    found, refused = previewed
    ids = [one.id for one in found]
    object = (
        f"{chosen}, {len(ids)} messages" if isinstance(chosen, ParkedFilter) else ", ".join(ids)
    )
    count = 0
    for page in _pages(ids, batch):
        with store.write() as tx:
            taken = set(act.apply(tx, page))
            if taken and not count:
                audit.record(tx, action=act.action, object=object, **by)
            refused |= why_not(tx, [id for id in page if id not in taken], act.left)
        count += len(taken)
    return ParkedOutcome(count, refused)


def why_not(tx: Tx, ids: Sequence[str], left: str = _PARKED_AGAIN) -> dict[str, str]:
    """Return by id why messages are not retried, or discarded; `left`: the word for parked ones."""
    words = {**_WHY_NOT, STATE_PARKED: left}
    states = {
        id: state for page in _pages(ids, BATCH) for id, state in parked.states(tx, page).items()
    }
    return {
        id: text(f"parked_messages.{words[states[id]] if id in states else 'none'}") for id in ids
    }


def _pages(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
