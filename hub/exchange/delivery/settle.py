"""How one call to a partner ended, and writing that down: the common end of deliver and reconcile.

`settle` records many outcomes in one transaction. An outcome whose delivery was moved by somebody
else meanwhile (a lease that ran out) is dropped with a log line; the others are kept.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.messages.envelope import Message
from hub.ports import Absent, Receipt, Unclear
from hub.rules import recovery
from hub.rules.failures.error_summary import describe_error
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)
from hub.rules.recovery import RetryPolicy
from hub.rules.states import DeliveryState
from hub.rules.traits import Traits
from hub.runtime.failpoints import Point, passing
from hub.runtime.telemetry import Event, log
from hub.store.deliveries import attempts, settling, transitions
from hub.store.engine.store import Store, Tx, is_away
from hub.store.evidence import handovers
from hub.store.repair import fault_classes

SETTLE_AT_STOP = timedelta(seconds=15)
"""How long writing down the last calls or answers may take when a role stops."""
OnDelivered = Callable[[Tx, Message, Receipt], None]
"""Lets the records learn a partner's reference, in the transaction that settles the delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOutcome:
    """What came of one claimed delivery."""

    claimed: transitions.Claimed
    message: Message | None
    result: Receipt | Absent | Unclear | DeliveryFailure
    finished_at: datetime
    digest: str = ""
    started_at: datetime | None = None
    operation: str = ""
    """The partner's name of what was called; "" when it did not come to a call."""

    @property
    def called(self) -> bool:
        """Whether it came to a call: only a call is evidence."""
        return bool(self.digest) and not isinstance(self.result, NotAttempted)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleContext:
    """Everything that deciding and writing an outcome needs."""

    store: Store
    destination: str
    traits: Traits
    policy: RetryPolicy
    on_delivered: OnDelivered
    draw: random.Random


def settle(
    ctx: SettleContext, outcomes: Sequence[CallOutcome], *, since: DeliveryState, kind: str
) -> None:
    """Write outcomes of calls that started in state `since`; `kind` is `send` or `find`."""
    if not outcomes:
        return
    if kind == "find":
        passing(Point.RECONCILE_AFTER_FIND)
    try:
        with ctx.store.write() as tx:
            write(tx, ctx, outcomes, since=since, kind=kind)
    except Exception as error:
        if is_away(error):
            raise
        if len(outcomes) > 1:
            for outcome in outcomes:
                settle(ctx, [outcome], since=since, kind=kind)
        else:
            _settle_one_by_one(ctx, outcomes[0], error, since=since, kind=kind)


def _settle_one_by_one(
    ctx: SettleContext, outcome: CallOutcome, error: Exception, *, since: DeliveryState, kind: str
) -> None:
    """Deal with one outcome that cannot be written as it is.

    Somebody else moved the delivery: nothing is left to do. The partner's word cannot be stored:
    then its effect counts as unknown, so that one strange reply never stops a destination. Of a
    question the error is raised: the effect is unknown already, and only the asker can ask again.
    """
    delivery, cause = outcome.claimed.id, describe_error(error)
    if isinstance(error, transitions.StateConflict):
        log.warning(Event.MOVE_REFUSED, delivery=delivery, state=since, detail=str(error))
        return
    if since is DeliveryState.AMBIGUOUS:
        raise error
    log.error(Event.DELIVERY_CRASHED, delivery=delivery, error=cause)
    if not isinstance(outcome.result, AmbiguousFailure):
        unknown = AmbiguousFailure("send_crashed", f"the outcome cannot be stored: {cause}")
        settle(ctx, [replace(outcome, result=unknown)], since=since, kind=kind)


def write(
    tx: Tx, ctx: SettleContext, outcomes: Sequence[CallOutcome], *, since: DeliveryState, kind: str
) -> None:
    """Write outcomes in a transaction; one that cannot be written fails it for all of them."""
    latest = max(outcome.finished_at for outcome in outcomes)
    if all(_is_plain(outcome.result) for outcome in outcomes):  # the rule
        done = [_delivered(outcome) for outcome in outcomes]
        settling.settle(tx, done, since=since, kind=kind, now=latest)
    else:
        transitions.check_turn(tx, [outcome.claimed for outcome in outcomes], since=since)
        outcomes = [_classified(tx, ctx.destination, outcome) for outcome in outcomes]
        _move(tx, ctx, outcomes, latest, since=since)
        attempts.finish(tx, [record_of(outcome, kind) for outcome in outcomes])
    good = [outcome for outcome in outcomes if isinstance(outcome.result, Receipt)]
    # In the order in which receive locks dossiers and their legs: else the two may wait in a ring.
    for outcome in sorted(good, key=lambda one: one.claimed.lane):
        if outcome.message and isinstance(outcome.result, Receipt):
            ctx.on_delivered(tx, outcome.message, outcome.result)
    transitions.release_followers(
        tx, ctx.destination, {outcome.claimed.lane for outcome in good}, latest
    )
    called = [outcome for outcome in outcomes if outcome.called]
    made = [handover(ctx.destination, outcome, kind, recorded_at=latest) for outcome in called]
    handovers.record(tx, made)


def _move(
    tx: Tx,
    ctx: SettleContext,
    outcomes: Sequence[CallOutcome],
    now: datetime,
    *,
    since: DeliveryState,
) -> None:
    """Move each delivery to where its outcome brings it."""
    good = [(o.claimed.id, o.result.reference) for o in outcomes if isinstance(o.result, Receipt)]
    transitions.deliver(tx, good, now=now, since=since)
    for outcome in outcomes:
        if isinstance(outcome.result, DeliveryFailure):
            _fail(tx, ctx, outcome, outcome.result, since=since)


def _is_plain(result: Receipt | Absent | Unclear | DeliveryFailure) -> bool:
    """Tell whether the partner has what was sent as it was sent: nothing more is written of it."""
    return isinstance(result, Receipt) and not _differing(result)


def _delivered(outcome: CallOutcome) -> settling.Delivered:
    return settling.Delivered(
        outcome.claimed,
        outcome.result.reference if isinstance(outcome.result, Receipt) else "",
        at=outcome.finished_at,
        request_hash=outcome.digest or None,
        response_hash=getattr(outcome.result, "response_hash", "") or None,
    )


def _classified(tx: Tx, partner: str, outcome: CallOutcome) -> CallOutcome:
    """Give an unknown reply code the meaning that a person gave it, if one did.

    Comes before any move: see the lock order in `fault_classes`.
    """
    failure = outcome.result
    if not isinstance(failure, DeliveryFailure) or failure.code != "reply_unknown_code":
        return outcome
    theirs = failure.partner_code
    if not theirs:
        return outcome
    now = outcome.finished_at
    result: DeliveryFailure
    match fault_classes.note(tx, partner, outcome.operation, theirs, now=now):
        case "transient":
            result = TransientFailure("partner_busy", failure.detail, partner_code=theirs)
        case "permanent":
            result = PermanentFailure("partner_refused", failure.detail, partner_code=theirs)
        case "delivered":
            receipt = Receipt(response_hash=failure.response_hash, detail=failure.detail)
            return replace(outcome, result=receipt)
        case _:
            return outcome
    result.response_hash = failure.response_hash
    return replace(outcome, result=result)


def handover(
    partner: str,
    outcome: CallOutcome,
    kind: str,
    *,
    recorded_at: datetime,
) -> handovers.Handover:
    """Return the evidence of a call."""
    failed = outcome.result if isinstance(outcome.result, DeliveryFailure) else None
    receipt = outcome.result if isinstance(outcome.result, Receipt) else None
    ended = ended_as(outcome.result)
    if receipt and receipt.already:
        ended = "already"
    return handovers.Handover(
        delivery_id=outcome.claimed.id,
        attempt=outcome.claimed.attempts,
        partner=partner,
        operation=outcome.operation,
        number=outcome.claimed.lane,
        direction=handovers.OUT,
        kind=kind,
        request_hash=outcome.digest,
        response_hash=getattr(outcome.result, "response_hash", ""),
        sent_at=outcome.started_at,
        answered_at=outcome.finished_at,
        receipt=receipt.reference if receipt else "",
        recorded_at=recorded_at,
        outcome=ended,
        code=failed.code if failed else "",
    )


def ended_as(result: Receipt | Absent | Unclear | DeliveryFailure) -> str:
    """Return the word for how a call or a question ended."""
    if isinstance(result, DeliveryFailure):
        return str(result.fault_class)
    if isinstance(result, Receipt):
        return "delivered"
    return "absent" if isinstance(result, Absent) else "unknown"


def _fail(
    tx: Tx,
    ctx: SettleContext,
    outcome: CallOutcome,
    failure: DeliveryFailure,
    *,
    since: DeliveryState,
) -> None:
    claimed = outcome.claimed
    action = recovery.recover(
        failure,
        attempt=claimed.counted,
        policy=ctx.policy,
        traits=ctx.traits,
        now=outcome.finished_at,
        deadline=claimed.deadline,
        draw=ctx.draw,
    )
    log.info(
        Event.DELIVERY_FAILED,
        destination=ctx.destination,
        delivery=claimed.id,
        attempt=claimed.attempts,
        code=failure.code,
        detail=failure.detail,
        action=type(action).__name__,
    )
    code, id, now = failure.code, claimed.id, outcome.finished_at
    told = {"detail": failure.detail, "partner_code": failure.partner_code}
    match action:
        case recovery.RetryAt(when, counts):
            transitions.wait(tx, id, since=since, when=when, code=code, counts=counts, **told)
        case recovery.ReconcileAt(when):
            transitions.doubt(tx, id, since=since, query_at=when, code=code, now=now, **told)
        case recovery.NeedsPerson():
            transitions.doubt(tx, id, since=since, query_at=None, code=code, now=now, **told)
        case recovery.DeadLetter(parked_as):
            # Where another code says why it ended, the detail says what the last call brought.
            last = f"{code}: {failure.detail}" if failure.detail else code
            told["detail"] = last if parked_as != code else failure.detail or code
            transitions.kill(tx, id, since=since, code=parked_as, **told)


def _differing(result: Receipt | Absent | Unclear | DeliveryFailure) -> tuple[str, ...]:
    """Return the names of the fields that are not exactly as sent."""
    if isinstance(result, Receipt):
        return (*result.differs, *result.alike)
    return () if isinstance(result, Absent) else result.differs


def record_of(outcome: CallOutcome, kind: str) -> attempts.Finished:
    """Return the end of an attempt."""
    failed = outcome.result if isinstance(outcome.result, DeliveryFailure) else None
    return attempts.Finished(
        delivery_id=outcome.claimed.id,
        number=outcome.claimed.attempts,
        kind=kind,
        at=outcome.finished_at,
        outcome=ended_as(outcome.result),
        code=failed.code if failed else None,
        detail=failed.detail if failed else None,
        request_hash=outcome.digest or None,
        response_hash=getattr(outcome.result, "response_hash", "") or None,
        differs=_differing(outcome.result),
    )
