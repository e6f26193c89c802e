"""What a person orders about replay plans: make, start, pause, go on, cancel.

An order moves the plan from a phase to another, once, and stands in the audit; the role `Replays`
does the work. An order that came too late says in which phase the plan is.
"""

from collections.abc import Mapping

from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.selection import Selection
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.repair import replay_work, replays
from hub.store.repair.replay_work import ReplayPhase
from hub.store.repair.replays import ReplayFilter
from hub.texts import Explained, Text, both

FASTEST = 50
"""Deliveries a second that a run may send at most."""
STARTS: Mapping[str, frozenset[ReplayPhase]] = {
    "start": frozenset({ReplayPhase.READY}),
    "pause": frozenset({ReplayPhase.RUNNING}),
    "resume": frozenset({ReplayPhase.PAUSED}),
    "cancel": frozenset(
        {ReplayPhase.PLANNING, ReplayPhase.READY, ReplayPhase.RUNNING, ReplayPhase.PAUSED}
    ),
}
"""The phases from which each order moves a plan."""
_ENDS = {
    "start": ReplayPhase.RUNNING,
    "pause": ReplayPhase.PAUSED,
    "resume": ReplayPhase.RUNNING,
    "cancel": ReplayPhase.CANCELLED,
}


class OrderRefused(Explained):
    """Nothing was done; `text` says why."""


class _OrderedMeanwhile(Exception):
    """The same form has made a plan since this transaction looked."""


def filter_of(selection: Selection) -> ReplayFilter:
    """Return the dead deliveries of a selection as a plan keeps them."""
    return ReplayFilter(
        destination=selection.partner,
        type=selection.operation,
        fault=selection.fault,
        until=selection.opened_before,
        due_before=selection.due_before,
        up_to=selection.up_to,
    )


def order_plan(store: Store, selection: Selection, *, form: str, by: SignedBy) -> int:
    """Order a plan; return its number, that of the first for a form that is sent again."""
    try:
        with store.write() as tx:
            known = replay_work.plan_of_form(tx, form)
            if known is not None:
                return known
            number = replays.create(tx, filter_of(selection), [], actor=by["actor"], now=by["now"])
            if not replay_work.add(tx, number, ReplayPhase.PLANNING, form=form):
                raise _OrderedMeanwhile
            audit.record(tx, action="replay.plan", object=str(number), **by)
    except _OrderedMeanwhile:
        return order_plan(store, selection, form=form, by=by)
    return number


def order(
    store: Store, number: int, verb: str, *, by: SignedBy, per_second: int | None = None
) -> None:
    """Carry out `start`, `pause`, `resume` or `cancel`. Raises OrderRefused and NoSuchPlan."""
    if not by["reason"].strip():
        raise OrderRefused(both("replay.reason_missing"))
    also: dict[str, object] = {}
    if verb == "start":
        also = {"run_by": by["actor"], "run_reason": by["reason"]}
    if verb == "start" and per_second is not None:
        also["per_second"] = min(max(1, per_second), FASTEST)
    with store.write() as tx:
        known = _known(tx, number)
        work = replay_work.of_plan(tx, number)
        if verb == "resume" and work and not work.run_by:
            also = {"run_by": by["actor"], "run_reason": by["reason"]}
        if not replay_work.move(tx, number, STARTS[verb], _ENDS[verb], **also):
            raise OrderRefused(both("replay.other_phase", plan=number, phase=phase_text(known)))
        if verb == "cancel":
            why = both("replay.cancelled_by", actor=by["actor"], reason=by["reason"])
            replays.end(tx, number, stopped=True, why=why.stored(), now=by["now"])
        audit.record(tx, action=f"replay.{verb}", object=str(number), **by)


def phase_text(phase: str) -> Text:
    """Return where a plan is in words: a phase, or the state in which an older release left it."""
    return both(f"replay.phase_{phase}")


def shown_phase(plan_state: str, phase: ReplayPhase | None) -> str:
    """Return where a plan is: its phase, or how it ended."""
    if phase is None:
        return "ready" if plan_state == "made" else plan_state
    return plan_state if phase is ReplayPhase.OVER else phase.value


def _known(tx: Tx, number: int) -> str:
    """Return where a plan is; one of an older release that was not run gets its row."""
    plan = replays.plan_of(tx, number)
    work = replay_work.of_plan(tx, number)
    if work is None and not plan.over:
        replay_work.add(tx, number, ReplayPhase.READY, total=len(replays.items_of(tx, number)))
    return shown_phase(plan.state, work.phase if work else None)
