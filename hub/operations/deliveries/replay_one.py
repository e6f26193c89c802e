"""Replay one dead delivery: a plan of one, made and carried out at once.

So the same checks apply as in every plan: a newer record, the partner's answer, the order of its
lane, its files. A person who has to send although the partner cannot be queried says so; the other
checks still count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.exchange.delivery.known_effects import OnDelivered
from hub.operations.deliveries import actions, replay_plan, second_person
from hub.operations.deliveries.replay_run import SENT, ReplayRun
from hub.operations.signed_by import SignedBy
from hub.ports import BlobPath, Clock, Destination
from hub.rules.deliveries.states import DeliveryState, state_text
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.repair import replays
from hub.store.repair.replays import ReplayFilter
from hub.store.schema.tables.repair import CANNOT_QUERY
from hub.texts import text


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the plan said of the delivery, and what was done with it: an outcome of `replay_run`."""

    verdict: str
    detail: str
    outcome: str


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
) -> Replayed:
    """Plan and run the replay of one delivery; its outcome is not waited for.

    `unasked`: send it also when the partner cannot be asked now, if one person may. Raises
    NoSuchDelivery, and StateConflict when it is not dead.
    """
    _require_replayable(store, id, unasked=unasked)
    plan = replay_plan.make(
        store, ReplayFilter(delivery=id), destinations, file_path=file_path, by=by
    )
    with store.read() as tx:
        items = replays.items_of(tx, plan)
    if not items:
        raise transitions.StateConflict(text("deliveries.not_dead_any_more", id=id))
    (item,) = items
    if unasked and item.verdict == CANNOT_QUERY:
        actions.replay(store, id, **by)
        return Replayed(item.verdict, item.detail, SENT)
    who, why = by["actor"], by["reason"]
    run = ReplayRun(
        store, plan, actor=who, reason=why, clock=clock, on_delivered=on_delivered, patience=None
    )
    (outcome,) = run.run().outcomes
    return Replayed(item.verdict, item.detail, outcome)


def _require_replayable(store: Store, id: int, *, unasked: bool) -> None:
    with store.read() as tx:
        if unasked:
            second_person.require_none_needed(tx)
        state, _, _ = transitions.place_of(tx, id, lock=False)
    if state is not DeliveryState.DEAD:
        raise transitions.StateConflict(
            text("deliveries.only_dead_replayed", id=id, state=state_text(state))
        )
