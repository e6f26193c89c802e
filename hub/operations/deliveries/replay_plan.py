"""Plan a replay: ask about every dead delivery of a selection and freeze what would be done.

Asking has no effect at a partner, and a plan changes no delivery. What is known here decides
first (a newer record stands behind it), then the partner's word (it has it already), then what
speaks against sending: order in the lane, a file that is gone, a partner that cannot be asked.

A partner may refuse what it did all the same, and its look-up may lag: so "not there" counts only
when the last call ended longer ago than that. Of a partner that cannot be searched its refusal is
all that there is; when an old copy of the database was put back since, not even that.

Nobody asks a partner that a person has paused, that is closed, or whose quota is used up. An open
circuit keeps no question back. Questions count for the quotas of a partner, and use half of one at
most: see `hub/exchange/admission/limited_queries.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from hub.exchange.delivery import unproven_texts
from hub.exchange.delivery.query import readable, request_beside
from hub.messages.envelope import Message, decode_stored
from hub.messages.invalid import InvalidMessage
from hub.messages.local_time import not_before
from hub.operations.deliveries.expected import Expected, require
from hub.operations.signed_by import SignedBy
from hub.ports import Absent, BlobPath, Clock, Destination, Receipt, Unclear
from hub.rules.calls.traits import Traits
from hub.rules.failures.errors import DeliveryFailure
from hub.runtime.clock import utc_now
from hub.store.deliveries import doubts, pauses
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.messages import journal
from hub.store.repair import replay_work, replays
from hub.store.repair.replay_work import ReplayPhase
from hub.store.repair.replays import Candidate, ReplayFilter, ReplayItem
from hub.store.schema.tables.exchange import PAUSE_KINDS
from hub.store.schema.tables.repair import (
    ALREADY_THERE,
    CANNOT_QUERY,
    FILE_GONE,
    ORDER_CONFLICT,
    SUPERSEDED,
    WOULD_SEND,
)
from hub.texts import Text, both

PAGE = 50
"""Deliveries that are examined together."""
_PAUSES = frozenset(PAUSE_KINDS) - {"circuit"}


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The partner could not be asked, or proved nothing."""

    why: str
    """A code, or both languages as `Text.stored` has them."""


def make(
    store: Store,
    selection: ReplayFilter,
    destinations: Sequence[Destination],
    *,
    file_path: BlobPath,
    by: SignedBy,
    at_once: int = 4,
    progress: Callable[[int, int], None] = lambda *_: None,
    clock: Clock = utc_now,
    expected: Expected | None = None,
) -> int:
    """Ask about the dead deliveries of `selection`, store the plan and return its number.

    `progress` gets (asked, of how many). `expected`: what a person saw of the one delivery of the
    selection; raises StateConflict where it is not so any more.
    """
    items = examine_all(
        store,
        selection,
        destinations,
        file_path=file_path,
        at_once=at_once,
        progress=progress,
        clock=clock,
    )
    with store.write() as tx:
        if selection.delivery is not None:
            require(tx, selection.delivery, expected)
        number = replays.create(tx, selection, items, actor=by["actor"], now=by["now"])
        replay_work.add(tx, number, ReplayPhase.READY, total=len(items))
        audit.record(tx, action="replay.plan", object=str(number), **by)
    return number


def examine_all(
    store: Store,
    selection: ReplayFilter,
    destinations: Sequence[Destination],
    *,
    file_path: BlobPath,
    at_once: int = 4,
    progress: Callable[[int, int], None] = lambda *_: None,
    clock: Clock = utc_now,
) -> list[ReplayItem]:
    """Return what a plan shows of the dead deliveries of a selection; changes nothing.

    `progress` gets (examined, of how many); what it raises ends the work soon.
    """
    partners = {destination.name: destination for destination in destinations}
    with store.read() as tx:
        candidates = replays.select(tx, selection)
    examine_one = partial(
        examine, store, partners, file_path, frozenset(c.id for c in candidates), clock=clock
    )
    items: list[ReplayItem] = []
    with ThreadPoolExecutor(at_once, thread_name_prefix="replay.plan") as pool:
        # Not all at once: what `progress` raises would else wait for every query.
        for start in range(0, len(candidates), PAGE):
            for item in pool.map(examine_one, candidates[start : start + PAGE]):
                items.append(item)
                progress(len(items), len(candidates))
    return items


def examine(
    store: Store,
    partners: Mapping[str, Destination],
    file_path: BlobPath,
    selected: frozenset[int],
    candidate: Candidate,
    *,
    clock: Clock,
) -> ReplayItem:
    """Return what a plan says of one dead delivery."""
    with store.read() as tx:
        newer = replays.replaced_by(tx, candidate.id)
        overtaken = replays.overtaken_by(tx, candidate.id)
        before = set(replays.open_before(tx, candidate.id)) - selected
        body = journal.bodies(tx, [candidate.message_id])[candidate.message_id]
    item = partial(
        ReplayItem, delivery_id=candidate.id, attempts=candidate.attempts, fault=candidate.fault
    )
    if newer is not None:
        return item(verdict=SUPERSEDED, detail=both("replay.newer", delivery=newer).stored())
    message = decode_stored(body)
    destination = partners.get(candidate.destination)
    answer = _query(store, destination, candidate, message, now=clock())
    if isinstance(answer, Receipt):
        return item(
            verdict=ALREADY_THERE, reference=answer.reference, response_hash=answer.response_hash
        )
    if overtaken is not None:
        why = both("replay.overtaken", delivery=overtaken)
        return item(verdict=ORDER_CONFLICT, detail=why.stored())
    if before:
        why = both("replay.comes_before", delivery=min(before))
        return item(verdict=ORDER_CONFLICT, detail=why.stored())
    gone = _missing_file(message, file_path)
    if gone:
        return item(verdict=FILE_GONE, detail=gone)
    if isinstance(answer, NoAnswer):
        return item(verdict=CANNOT_QUERY, detail=answer.why)
    return item(verdict=WOULD_SEND)


def _missing_file(message: Message, file_path: BlobPath) -> str:
    """Return the hash of a file that is gone, "" where all are there."""
    for attachment in message.attachments:
        try:
            file_path(attachment.sha256)
        except InvalidMessage:
            return attachment.sha256
    return ""


def _beside(store: Store, candidate: Candidate) -> list[Message]:
    """Return what the partner is known to have of the same dossier."""
    if not candidate.lane:
        return []
    with store.read() as tx:
        found = doubts.delivered_of(tx, candidate.destination, candidate.lane, besides=candidate.id)
    return list(readable(found))


def _is_paused(store: Store, candidate: Candidate, now: datetime) -> bool:
    """Tell whether the partner is not to be called now."""
    to, type = candidate.destination, candidate.type
    with store.read() as tx:
        by_persons = pauses.paused_by_persons(tx, to, now=now)
        known = pauses.active(tx, to, now=now)
    return any(it.operation in {"", type} for it in by_persons) or any(
        it.operation == type and it.kind in _PAUSES for it in known
    )


def _query(
    store: Store,
    destination: Destination | None,
    candidate: Candidate,
    message: Message,
    *,
    now: datetime,
) -> Receipt | Absent | NoAnswer:
    if destination is None:
        return NoAnswer(both("replay.no_address").stored())
    if not destination.traits.findable:
        return _refusal_without_query(store, candidate)
    if _is_paused(store, candidate, now):
        return NoAnswer(both("replay.partner_paused").stored())
    try:
        answer = destination.find(request_beside(destination, message, _beside(store, candidate)))
    except DeliveryFailure as failure:
        return NoAnswer(failure.code)
    if isinstance(answer, Unclear):
        return NoAnswer(unproven_texts.words_of(answer))
    if isinstance(answer, Absent):
        return _absent_after_lag(store, candidate, answer, traits=destination.traits, now=now)
    return answer


def _refusal_without_query(store: Store, candidate: Candidate) -> Absent | NoAnswer:
    """Return what is believed of a delivery that cannot be asked about: the partner refused it."""
    with store.read() as tx:
        restored = replays.is_restored_since(tx, candidate.id)
    return NoAnswer(both("replay.restored").stored()) if restored else Absent()


def _absent_after_lag(
    store: Store, candidate: Candidate, answer: Absent, *, traits: Traits, now: datetime
) -> Absent | NoAnswer:
    """Return a "not there" of `now`, which proves nothing within the lag after the last call."""
    too_soon = absent_too_soon(store, candidate.id, traits, now=now)
    return answer if too_soon is None else NoAnswer(too_soon.stored())


def absent_too_soon(store: Store, id: int, traits: Traits, *, now: datetime) -> Text | None:
    """Say from when on a partner's "not there" counts, None where it counts now, or nothing does.

    The last call may have been made in the time that a lost database knew.
    """
    if not (traits.findable and traits.lag):
        return None
    with store.read() as tx:
        times = (replays.last_call_ended(tx, id), replays.last_restored(tx))
    counts_from = max((at + traits.lag for at in times if at), default=now)
    if counts_from <= now:
        return None
    return both("replay.asked_too_soon", when=f"{not_before(counts_from):%H:%M:%S %d/%m/%Y}")
