"""Replay one dead delivery: a plan of one, made and carried out at once.

So the same checks apply as in every plan: a newer record, the partner's answer, the order of its
lane, its files. A person who has to send although the partner cannot be queried says so; the other
checks still count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.exchange.delivery.known_effects import OnDelivered
from hub.operations.deliveries import actions, replay_plan, second_person
from hub.operations.deliveries.expected import Expected, require
from hub.operations.deliveries.replay_run import SENT, ReplayRun
from hub.operations.signed_by import SignedBy
from hub.ports import BlobPath, Clock, Destination
from hub.rules.deliveries.states import DeliveryState, state_text
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.repair import replays
from hub.store.repair.replays import ReplayFilter, ReplayItem
from hub.store.schema.tables.repair import CANNOT_QUERY, WOULD_SEND
from hub.texts import Text, both


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the plan said of the delivery, and what was done with it: an outcome of `replay_run`."""

    verdict: str
    detail: str
    outcome: str
    too_soon: bool = False
    """Whether the partner is to be asked again a little later; nobody sends it before."""


def replay(
    store: Store,
    id: int,
    destinations: Sequence[Destination],
    *,
    file_path: BlobPath,
    by: SignedBy,
    clock: Clock,
    on_delivered: OnDelivered,
    unasked: bool = False,
    expected: Expected | None = None,
) -> Replayed:
    """Plan and run the replay of one delivery; its outcome is not waited for.

    `unasked`: send it also when the partner cannot be asked now, if one person may. One that waits
    is sent at once. Raises NoSuchDelivery, and StateConflict when it is neither dead nor waiting,
    not as expected, also when its plan is made, or when that plan was interrupted.
    """
    if _state(store, id, expected, unasked=unasked) is DeliveryState.WAITING:
        actions.send_now(store, id, expected=expected, by=by)
        return Replayed(WOULD_SEND, "", SENT)
    one = ReplayFilter(delivery=id)
    plan = replay_plan.make(
        store, one, destinations, file_path=file_path, by=by, clock=clock, expected=expected
    )
    item = _item(store, plan, id)
    unproven = item.verdict == CANNOT_QUERY
    wait = _too_soon(store, id, destinations, clock()) if unproven else None
    if unasked and unproven:
        if wait is not None:  # it ends by itself
            raise transitions.StateConflict(wait)
        with store.write() as tx:
            require(tx, id, expected)
            actions.replay_in(tx, id, **by)
        return Replayed(item.verdict, item.detail, SENT)
    run = _run(store, plan, by=by, clock=clock, on_delivered=on_delivered)
    return Replayed(item.verdict, item.detail, _outcome(run, id), too_soon=wait is not None)


def _run(
    store: Store, plan: int, *, by: SignedBy, clock: Clock, on_delivered: OnDelivered
) -> ReplayRun:
    who, why = by["actor"], by["reason"]
    return ReplayRun(
        store, plan, actor=who, reason=why, clock=clock, on_delivered=on_delivered, patience=None
    )


def _too_soon(
    store: Store, id: int, destinations: Sequence[Destination], now: datetime
) -> Text | None:
    """Say from when on a partner can be asked with proof, None where that is now."""
    with store.read() as tx:
        _, partner, _ = transitions.place_of(tx, id, lock=False)
    traits = next((it.traits for it in destinations if it.name == partner), None)
    return None if traits is None else replay_plan.absent_too_soon(store, id, traits, now=now)


def _item(store: Store, plan: int, id: int) -> ReplayItem:
    with store.read() as tx:
        items = replays.items_of(tx, plan)
    if not items:
        raise transitions.StateConflict(both("deliveries.not_dead_any_more", id=id))
    return items[0]


def _outcome(run: ReplayRun, id: int) -> str:
    outcomes = [*run.run().outcomes]
    if not outcomes:
        raise transitions.StateConflict(both("deliveries.plan_interrupted", id=id, plan=run.plan))
    return outcomes[0]


def _state(store: Store, id: int, expected: Expected | None, *, unasked: bool) -> DeliveryState:
    """Return the state of one that can be sent again; raises StateConflict."""
    with store.write() as tx:
        require(tx, id, expected)
        if unasked:
            second_person.require_none_needed(tx)
        state, _, _ = transitions.place_of(tx, id, lock=False)
    if state not in (DeliveryState.DEAD, DeliveryState.WAITING):
        raise transitions.StateConflict(
            both("deliveries.only_dead_replayed", id=id, state=state_text(state))
        )
    return state
