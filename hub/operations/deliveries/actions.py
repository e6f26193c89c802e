"""What a person may do to a delivery: replay, resolve, by hand. Each leaves an audit row.

Every verb needs an actor and a reason, moves exactly one delivery and fails with StateConflict
when the delivery is not in the state that the verb starts from, or the partner may still be at work
on its call.
"""

from datetime import datetime
from enum import StrEnum

from hub.messages import catalog
from hub.operations.deliveries import cancellation, second_person
from hub.operations.deliveries.cancellation import Papers
from hub.operations.deliveries.expected import Expected, require
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.states import MOVES, DeliveryState, state_text
from hub.store.deliveries import doubts, schedule, transitions
from hub.store.edge import print_jobs
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit, handovers
from hub.store.repair import replays
from hub.texts import both


class Resolution(StrEnum):
    """What a person found out about an ambiguous delivery."""

    DELIVERED = "delivered"
    ABSENT = "absent"


def replay(store: Store, id: int, *, actor: str, reason: str, now: datetime) -> None:
    """Send a dead delivery again, see `replay_in`."""
    with store.write() as tx:
        replay_in(tx, id, actor=actor, reason=reason, now=now)


def replay_in(tx: Tx, id: int, *, actor: str, reason: str, now: datetime) -> None:
    """Send a dead delivery again, with the same message id, without asking the partner.

    Refused when a newer one makes it needless or has overtaken it: what was true when somebody
    decided may not be true any more.
    """
    transitions.place_of(tx, id)
    later = replays.replaced_by(tx, id) or replays.overtaken_by(tx, id)
    if later is not None:
        raise transitions.StateConflict(both("deliveries.newer", later=later))
    transitions.replay(tx, id, now=now)
    audit.record(tx, actor, "delivery.replay", object=str(id), reason=reason, now=now)


def send_now(store: Store, id: int, *, expected: Expected | None = None, by: SignedBy) -> None:
    """Send a waiting delivery at once instead of at its next time."""
    with store.write() as tx:
        require(tx, id, expected)
        transitions.place_of(tx, id)
        schedule.make_due(tx, id, now=by["now"])
        audit.record(tx, action="delivery.send_now", object=str(id), **by)


def deliver_by_hand(
    store: Store,
    id: int,
    *,
    expected: Expected | None = None,
    actor: str,
    reason: str,
    now: datetime,
) -> None:
    """Record that a person took it to the partner on paper; what waited behind it goes on."""
    with store.write() as tx:
        require(tx, id, expected)
        state, destination, lane = transitions.place_of(tx, id)
        if DeliveryState.BY_HAND not in MOVES[state]:
            raise transitions.StateConflict(
                both("deliveries.not_waiting", id=id, state=state_text(state))
            )
        doubts.require_call_over(tx, id, now=now)
        transitions.deliver_by_hand(tx, id, from_state=state, now=now, detail=reason)
        transitions.release_followers(tx, destination, [lane], now)
        by_person(tx, id, destination, lane, "by_hand", now)
        audit.record(tx, actor, "delivery.by_hand", object=str(id), reason=reason, now=now)


def resolve(
    store: Store,
    id: int,
    resolution: Resolution,
    *,
    expected: Expected | None = None,
    reference: str = "",
    actor: str,
    reason: str,
    now: datetime,
    cancel: bool = False,
    papers: Papers | None = None,
) -> None:
    """Settle an ambiguous delivery by what a person found out at the partner.

    `reference`: the number under which the partner has it, where the person saw one.
    `cancel`: what is absent is taken out at once, as `cancellation.cancel` would, because it would
    else be sent again before anybody could. That is refused where it needs a second person.
    """
    if cancel and resolution is not Resolution.ABSENT:
        raise transitions.StateConflict(both("deliveries.partner_has_it"))
    by: SignedBy = {"actor": actor, "reason": reason, "now": now}
    with store.write() as tx:
        require(tx, id, expected)
        if cancel:
            second_person.require_none_needed(tx)
            cancel_absent_in(tx, id, papers=papers, by=by)
        else:
            _resolve_in(tx, id, resolution, reference, by)


def _resolve_in(tx: Tx, id: int, resolution: Resolution, reference: str, by: SignedBy) -> None:
    now = by["now"]
    _, destination, lane = transitions.place_of(tx, id)
    if resolution is Resolution.DELIVERED:
        done = [(id, reference)]
        transitions.deliver(tx, done, now=now, from_state=DeliveryState.AMBIGUOUS)
        transitions.release_followers(tx, destination, [lane], now)
    elif destination == catalog.DEVICES:
        # The first copy may turn up later: the second one must say that it is one.
        raise transitions.StateConflict(both("papers.say_again", id=id))
    else:
        doubts.require_call_over(tx, id, now=now)
        transitions.retry_absent(tx, id, now=now)
    what = f"resolve.{resolution}"
    by_person(tx, id, destination, lane, what, now, receipt=reference)
    audit.record(tx, action=f"delivery.{what}", object=str(id), **by)


def cancel_absent_in(tx: Tx, id: int, *, papers: Papers | None, by: SignedBy) -> None:
    """Take out an ambiguous delivery that the partner does not have, in an open transaction."""
    reason, now = by["reason"], by["now"]
    _, destination, lane = transitions.place_of(tx, id)
    doubts.require_call_over(tx, id, now=now)
    transitions.retry_absent(tx, id, now=now)
    cancellation.cancel_delivery(tx, id, reason=reason, now=now, neither=False, papers=papers)
    what = f"resolve.{Resolution.ABSENT}"
    by_person(tx, id, destination, lane, what, now)
    audit.record(tx, by["actor"], f"delivery.{what}", object=str(id), reason=reason, now=now)
    cancellation.audit_cancellation(tx, id, papers, **by)


def by_person(
    tx: Tx,
    id: int,
    destination: str,
    number: str,
    what: str,
    now: datetime,
    *,
    receipt: str = "",
) -> None:
    """Record what a person found or did as a hand-over; who and why is in the audit.

    No workstation gets the paper of a print that is settled. `receipt`: the partner's number,
    where the person saw one.
    """
    if destination == catalog.DEVICES:
        print_jobs.withdraw_given(tx, id)
    made = handovers.without_call(
        id,
        partner=destination,
        number=number,
        operation=what,
        kind="person",
        outcome=what.rpartition(".")[2],
        now=now,
        receipt=receipt,
    )
    handovers.record(tx, [made])
