"""The inter-level leg of a dossier (liên thông) in the store, and the town's steps on it.

Plain reads and writes; what may happen to a leg is decided by
`hub/records/dossiers/inter_level.py`. In a batch the legs and steps are those at hand (see
`batch_state`), but for `want_again`, which no batch
calls: it belongs to a person's decision.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from msgspec import structs

from hub.messages.payloads import TownStep, TownStepReported
from hub.rules.change_feed import ChangeKind
from hub.store.engine.store import Tx, insert_for
from hub.store.records import batch_state, changes
from hub.store.schema.tables.records import KEPT_STEP, leg_steps, legs
from hub.store.statements.compiled import Compiled, any_of, columns_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The inter-level leg: how far the town's work is; `sequence` is the last step applied."""

    number: str
    child_number: str | None = None
    sequence: int = 0
    step: TownStep | None = None
    transferred_at: datetime
    ended_at: datetime | None = None
    wanted: int | None = None
    """Which of the town's steps asks for papers that it was not given yet, None when none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStep:
    """A step that the town reported, with the message that told it."""

    step: TownStepReported
    message_id: str
    applied: bool = False


_CHANGING = ("child_number", "sequence", "step", "ended_at", "wanted")

_THIS_LEG = legs.c.number == sa.bindparam("which")
_GET = Compiled(sa.select(legs).where(_THIS_LEG).with_for_update())
_ALL = Compiled(
    sa.select(legs)
    .where(any_of(legs.c.number, "numbers"))
    .order_by(legs.c.number)  # in which they are locked
    .with_for_update()
)
_OPEN = Compiled(lambda it: insert_for(it, legs).on_conflict_do_nothing(), columns=columns_of(legs))
_SAVE = Compiled(
    sa.update(legs)
    .where(_THIS_LEG)
    .values({name: sa.bindparam(f"new_{name}") for name in _CHANGING}),
    key="which",
)
_ADVANCE = Compiled(
    sa.update(legs)
    .where(_THIS_LEG)
    .values(sequence=sa.bindparam("place"), step=sa.bindparam("now"), ended_at=sa.bindparam("end"))
)
_WANTED = Compiled(sa.update(legs).where(_THIS_LEG).values(wanted=sa.bindparam("request")))
_END = Compiled(sa.update(legs).where(_THIS_LEG).values(ended_at=sa.bindparam("end"), wanted=None))
_SET_CHILD = Compiled(sa.update(legs).where(_THIS_LEG).values(child_number=sa.bindparam("child")))
_THIS_STEP = sa.and_(
    leg_steps.c.number == sa.bindparam("which"), leg_steps.c.sequence == sa.bindparam("place")
)
_KEEP = Compiled(
    lambda it: insert_for(it, leg_steps).on_conflict_do_nothing(), columns=columns_of(leg_steps)
)
_STEP = Compiled(sa.select(leg_steps).where(_THIS_STEP))
_KEPT = Compiled(sa.select(leg_steps).where(any_of(leg_steps.c.number, "numbers"), KEPT_STEP))
_APPLIED = Compiled(sa.update(leg_steps).where(_THIS_STEP).values(applied=True))
_APPLIED_UP_TO = Compiled(
    sa.update(leg_steps)
    .where(leg_steps.c.number == sa.bindparam("which"), KEPT_STEP)
    .where(leg_steps.c.sequence <= sa.bindparam("last"))
    .values(applied=True),
    key="which",
)


def open_leg(tx: Tx, number: str, *, at: datetime) -> bool:
    """Begin the inter-level leg of a dossier; tell whether it is new."""
    leg = Leg(number=number, transferred_at=at.astimezone(UTC))
    if hand := batch_state.holding(tx, number):
        return hand.legs.add(leg)
    return _OPEN.run(tx, _leg_row(leg)) == 1


def leg_of(tx: Tx, number: str) -> Leg | None:
    """Return the inter-level leg of a dossier, None when it has none."""
    if hand := batch_state.holding(tx, number):
        return hand.legs.known.get(number)
    row = _GET.one_or_none(tx, {"which": number})
    return None if row is None else _leg(row)


def set_child(tx: Tx, number: str, child_number: str) -> None:
    """Record the number under which the town keeps the dossier."""
    if hand := batch_state.holding(tx, number):
        hand.legs.change(number, child_number=child_number)
        return
    _SET_CHILD.run(tx, {"which": number, "child": child_number})


def set_wanted(tx: Tx, number: str, request: int | None) -> None:
    """Record which of the town's steps asks for papers that it was not given; None: none does."""
    if hand := batch_state.holding(tx, number):
        hand.legs.change(number, wanted=request)
        return
    _WANTED.run(tx, {"which": number, "request": request})


def end_leg(tx: Tx, number: str, *, at: datetime) -> None:
    """Record that the town has handed over its result without a numbered step."""
    if hand := batch_state.holding(tx, number):
        hand.legs.change(number, ended_at=at.astimezone(UTC), wanted=None)
        return
    _END.run(tx, {"which": number, "end": at})


def want_again(tx: Tx, number: str) -> None:
    """Record that the town's last request for papers is not answered, if it stands.

    It does until the town says that it has the papers or has ended. The caller has the leg's lock.
    """
    step, place = leg_steps.c.step, leg_steps.c.sequence
    newest = sa.select(sa.func.max(place)).where(leg_steps.c.number == number, leg_steps.c.applied)
    requested = tx.execute(newest.where(step == TownStep.AWAITING_SUPPLEMENT.value)).scalar()
    over = [TownStep.SUPPLEMENTED.value, TownStep.ENDED.value]
    if requested and requested > (tx.execute(newest.where(step.in_(over))).scalar() or 0):
        _WANTED.run(tx, {"which": number, "request": requested})


def keep_step(tx: Tx, step: TownStepReported, *, message_id: str) -> None:
    """Keep a step that the town reported, until every earlier one is there."""
    kept = KeptStep(step=step, message_id=message_id)
    if hand := batch_state.holding(tx, step.number):
        hand.steps.keep(_as_stored(kept))
        return
    _KEEP.run(tx, _step_row(kept))


def next_step(tx: Tx, number: str, sequence: int) -> tuple[TownStepReported, str] | None:
    """Return the kept step with that sequence and its message id, None when it is not here."""
    if hand := batch_state.holding(tx, number):
        kept = hand.steps.known.get((number, sequence))
    else:
        row = _STEP.one_or_none(tx, {"which": number, "place": sequence})
        kept = None if row is None else _step(row)
    return None if kept is None else (kept.step, kept.message_id)


def advance_leg(tx: Tx, step: TownStepReported, *, message_id: str) -> None:
    """Record that a step was applied, and whether the town asks for papers now."""
    code = step.step.value
    changes.add(tx, step.number, ChangeKind.STEP, code, at=step.at, message_id=message_id)
    ended = step.at if step.step is TownStep.ENDED else None
    if hand := batch_state.holding(tx, step.number):
        hand.legs.change(step.number, sequence=step.sequence, step=step.step, ended_at=ended)
        hand.steps.apply(step.number, step.sequence)
    else:
        place = {"which": step.number, "place": step.sequence}
        _ADVANCE.run(tx, place | {"now": step.step.value, "end": ended})
        _APPLIED.run(tx, place)
    if step.step is TownStep.AWAITING_SUPPLEMENT:
        set_wanted(tx, step.number, step.sequence)
    elif step.step in (TownStep.SUPPLEMENTED, TownStep.ENDED):
        set_wanted(tx, step.number, None)


def read_together(tx: Tx, numbers: Collection[str]) -> tuple[batch_state.Legs, batch_state.Steps]:
    """Return the legs of dossiers, locked, and their steps that wait for earlier ones."""
    found = [_leg(row) for row in _ALL.all(tx, {"numbers": sorted(numbers)})] if numbers else []
    there = [leg.number for leg in found]
    kept = [_step(row) for row in _KEPT.all(tx, {"numbers": there})] if there else []
    return (
        batch_state.Legs(known={leg.number: leg for leg in found}),
        batch_state.Steps(known={(it.step.number, it.step.sequence): it for it in kept}),
    )


def write_at_hand(tx: Tx) -> None:
    """Write what changed of the legs and steps at hand. Raises AddedMeanwhile."""
    hand = batch_state.of(tx)
    if hand is None:
        return
    legs_now, steps = hand.legs.known, hand.steps.known
    added = [_leg_row(legs_now[number]) for number in sorted(hand.legs.added)]
    if _OPEN.run_each(tx, added) != len(added):
        raise batch_state.AddedMeanwhile
    changed = sorted(hand.legs.changed - hand.legs.added)
    _SAVE.run_each(tx, [_leg_changes(legs_now[number]) for number in changed])
    # First those that were there: steps are applied without a gap, so the last one tells them all.
    # One row for each dossier; of several steps the last one stays, because it sorts last.
    last = dict(sorted(hand.steps.applied - hand.steps.added))
    _APPLIED_UP_TO.run_each(tx, [{"which": number, "last": last[number]} for number in last])
    _KEEP.run_each(tx, [_step_row(steps[place]) for place in sorted(hand.steps.added)])


def _leg(row: Any) -> Leg:
    values: dict[str, Any] = row._asdict()
    return Leg(**values | {"step": TownStep(values["step"]) if values["step"] else None})


def _leg_row(leg: Leg) -> dict[str, object]:
    return {
        "number": leg.number,
        "child_number": leg.child_number,
        "sequence": leg.sequence,
        "step": leg.step.value if leg.step else None,
        "transferred_at": leg.transferred_at,
        "ended_at": leg.ended_at,
        "wanted": leg.wanted,
    }


def _leg_changes(leg: Leg) -> dict[str, object]:
    row = _leg_row(leg)
    return {"which": leg.number, **{f"new_{name}": row[name] for name in _CHANGING}}


def _step(row: Any) -> KeptStep:
    step = TownStepReported(
        number=row.number,
        sequence=row.sequence,
        step=TownStep(row.step),
        at=row.at,
        officer=row.officer,
        note=row.note,
    )
    return KeptStep(step=step, message_id=row.message_id, applied=row.applied)


def _as_stored(kept: KeptStep) -> KeptStep:
    """Return a step as the store would give it back: its time is that of UTC."""
    return replace(kept, step=structs.replace(kept.step, at=kept.step.at.astimezone(UTC)))


def _step_row(kept: KeptStep) -> dict[str, object]:
    step = kept.step
    return {
        "number": step.number,
        "sequence": step.sequence,
        "step": step.step.value,
        "at": step.at,
        "officer": step.officer,
        "note": step.note,
        "message_id": kept.message_id,
        "applied": kept.applied,
    }
