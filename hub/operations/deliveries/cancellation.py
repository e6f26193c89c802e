"""Cancel: a person takes a delivery that is not final out of its lane.

What waited behind it goes on. Of a message that gives the town papers the person also says what
becomes of them, because a page that was scanned wrongly, perhaps another citizen's, must not go
with the next supplement; and it is not taken out while the town may have it.
"""

from datetime import datetime
from enum import StrEnum

from hub.messages import catalog
from hub.messages.envelope import Message, decode_stored
from hub.operations.deliveries import second_person
from hub.records.dossiers import inter_level
from hub.rules.deliveries.states import MOVES, DeliveryState, state_text
from hub.store.deliveries import cancellation, doubts, transitions
from hub.store.edge import print_jobs
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.messages import journal
from hub.store.repair import replays
from hub.texts import both


class Papers(StrEnum):
    """What becomes of papers that the town does not get."""

    BACK = "back"
    """They count as not given, and go with what the town is given next."""
    DROP = "drop"
    """They never go again by themselves."""


def cancel(
    store: Store,
    id: int,
    *,
    actor: str,
    reason: str,
    now: datetime,
    neither: bool = False,
    papers: Papers | None = None,
) -> None:
    """Take a delivery that is not final out of its lane; what waited behind it goes on.

    Refused when an older one was superseded by it: who decided may not have seen that yet, and
    would think that the older one arrives. `neither` says that neither of them has to. Refused, in
    any case, while an older one is open that it replaces, and it may have gone out before an old
    copy of the database was put back. `papers` is needed where the town would have been given some.
    Refused where it needs a second person.
    """
    with store.write() as tx:
        second_person.require_none_needed(tx)
        state, destination, lane = cancel_delivery(
            tx, id, reason=reason, now=now, neither=neither, papers=papers
        )
        audit_cancellation(tx, id, papers, actor=actor, reason=reason, now=now)
    if state is DeliveryState.HELD:
        # Afterwards: who settles the one before has the lane and wants this row, we have the row.
        with store.write() as tx:
            transitions.release_followers(tx, destination, [lane], now)


def audit_cancellation(
    tx: Tx, id: int, papers: Papers | None, *, actor: str, reason: str, now: datetime
) -> None:
    """Leave the audit row of a cancelled delivery, with what was said of its papers."""
    action = f"delivery.cancel.{papers}" if papers else "delivery.cancel"
    audit.record(tx, actor, action, object=str(id), reason=reason, now=now)


def cancel_delivery(
    tx: Tx, id: int, *, reason: str, now: datetime, neither: bool, papers: Papers | None
) -> tuple[DeliveryState, str, str]:
    """Cancel a delivery; return (state before, destination, lane).

    What waits behind a held one is not released here.
    """
    message = _giving_papers(tx, id)
    state, destination, lane = transitions.place_of(tx, id)
    if DeliveryState.CANCELLED not in MOVES[state]:
        raise transitions.StateConflict(
            both("deliveries.not_cancellable", id=id, state=state_text(state))
        )
    doubts.require_call_over(tx, id, now=now)
    _require_nothing_older(tx, id, neither=neither)
    lost = message is not None and _is_lost(tx, id, state, message, papers)
    transitions.cancel(tx, id, from_state=state, now=now, detail=reason)
    if destination == catalog.DEVICES:
        print_jobs.withdraw_given(tx, id)
    if message is not None and lost:
        # Before the lane: the leg's lock comes first, as where the records give papers.
        inter_level.papers_cancelled(tx, message, delivery=id, back=papers is Papers.BACK)
    if state is not DeliveryState.HELD:
        transitions.release_followers(tx, destination, [lane], now)
    return state, destination, lane


def _require_nothing_older(tx: Tx, id: int, *, neither: bool) -> None:
    """Raise StateConflict where an older delivery needs this one: see `cancel`."""
    older = None if neither else cancellation.superseded_older(tx, id)
    if older is not None:
        raise transitions.StateConflict(both("deliveries.superseded", older=older))
    older = cancellation.open_older_before_restore(tx, id)
    if older is not None:
        raise transitions.StateConflict(both("deliveries.older_before_restore", id=id, older=older))


def _giving_papers(tx: Tx, id: int) -> Message | None:
    """Return the message if it gives the town papers; then the head of its lane is locked."""
    _, destination, lane = transitions.place_of(tx, id, lock=False)
    if destination != catalog.TOWN_CENTER:
        return None
    message = decode_stored(journal.body_of(tx, id))
    if not inter_level.gives_papers(message):
        return None
    cancellation.lock_head(tx, destination, lane)
    return message


def _is_lost(
    tx: Tx, id: int, state: DeliveryState, message: Message, papers: Papers | None
) -> bool:
    """Tell whether the town will not have the papers; raises StateConflict where that is open."""
    if state is DeliveryState.AMBIGUOUS:
        raise transitions.StateConflict(both("deliveries.papers_may_be_there", id=id))
    if cancellation.is_conflict(tx, id):
        if papers is Papers.BACK:
            raise transitions.StateConflict(both("deliveries.papers_are_there"))
        return False
    if papers is None:
        count = len(message.attachments)
        raise transitions.StateConflict(both("deliveries.papers_choice", id=id, count=count))
    if papers is Papers.BACK and replays.may_have_gone_before_restore(tx, id):
        raise transitions.StateConflict(both("deliveries.papers_before_restore", id=id))
    return True
