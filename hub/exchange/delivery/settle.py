"""Settling: writes down what came of calls to a partner, sent or queried, and moves the deliveries.

The one place that does for calls; what a person or a replay plan settles without one is in
`hub/operations/deliveries`, and what follows an effect is in `known_effects` for both. `settle`
records many outcomes in one transaction; an outcome that cannot be written harms no other one. An
outcome whose delivery was moved meanwhile by another process (a lease that ran out) is dropped with
a log line. Order of locks: the codes that a person classified, the rows, what the records learn
(`on_delivered`), the lanes, the chain of evidence.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.exchange.delivery import known_effects, unproven_texts
from hub.exchange.delivery.known_effects import KnownEffect, OnDelivered
from hub.messages.envelope import Message
from hub.ports import Absent, Receipt, Unclear
from hub.rules.calls.traits import Traits
from hub.rules.deliveries import absence, recovery
from hub.rules.deliveries.recovery import NoEffect, RetryPolicy
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.error_summary import describe_error
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)
from hub.runtime.failpoints import Point, passing
from hub.runtime.telemetry import Event, log
from hub.store.deliveries import attempts, claim_and_settle, doubts, transitions
from hub.store.engine.store import Store, Tx, is_away
from hub.store.evidence import handovers
from hub.store.repair.replies import fault_classes

SETTLE_AT_STOP = timedelta(seconds=15)
"""How long writing down the last calls or answers may take when a role stops."""
Result = Receipt | Absent | Unclear | DeliveryFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOutcome:
    """What came of one claimed delivery."""

    claimed: transitions.Claimed
    message: Message | None
    result: Result
    finished_at: datetime
    digest: str = ""
    started_at: datetime | None = None
    operation: str = ""
    """The partner's name of what was called; "" when it did not come to a call."""
    age: Callable[[datetime | None], timedelta] = lambda _since: timedelta()
    """Of a query: how long after a time it was made (`DoubtAges`)."""

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
    ctx: SettleContext, outcomes: Sequence[CallOutcome], *, from_state: S, kind: str
) -> list[CallOutcome]:
    """Write outcomes of calls that started in `from_state`; `kind` is `send` or `find`.

    Returns those that were dropped, because another process moved their deliveries.
    """
    if not outcomes:
        return []
    if kind == "find":
        passing(Point.RECONCILE_AFTER_FIND)
    try:
        with ctx.store.write() as tx:
            write(tx, ctx, outcomes, from_state=from_state, kind=kind)
        return []
    except Exception as error:
        if is_away(error):
            raise
        if len(outcomes) == 1:
            return _settle_otherwise(ctx, outcomes[0], error, from_state=from_state, kind=kind)
    return [it for one in outcomes for it in settle(ctx, [one], from_state=from_state, kind=kind)]


def _settle_otherwise(
    ctx: SettleContext, outcome: CallOutcome, error: Exception, *, from_state: S, kind: str
) -> list[CallOutcome]:
    """Deal with one outcome that cannot be written as it is.

    Another process moved the delivery: nothing is left to do. The partner's word cannot be stored:
    then the effect counts as unknown, so that one strange reply never stops a destination, and a
    query counts as not answered. What cannot be written even so is raised for a query; a call is
    settled when its lease runs out.
    """
    delivery, cause = outcome.claimed.id, describe_error(error)
    if isinstance(error, transitions.StateConflict):
        log.warning(Event.MOVE_REFUSED, delivery=delivery, state=from_state, detail=str(error))
        return [outcome]
    log.error(Event.DELIVERY_CRASHED, delivery=delivery, error=cause)
    result: DeliveryFailure
    if from_state is S.AMBIGUOUS:
        result = TransientFailure("handler_failed", cause)
        if isinstance(outcome.result, DeliveryFailure) and outcome.result.code == result.code:
            raise error
        unanswered = replace(outcome, result=result, digest="")
        return settle(ctx, [unanswered], from_state=from_state, kind=kind)
    if isinstance(outcome.result, AmbiguousFailure):
        return []
    result = AmbiguousFailure("send_crashed", f"the outcome cannot be stored: {cause}")
    return settle(ctx, [replace(outcome, result=result)], from_state=from_state, kind=kind)


def write(
    tx: Tx, ctx: SettleContext, outcomes: Sequence[CallOutcome], *, from_state: S, kind: str
) -> None:
    """Write outcomes in a transaction; one that cannot be written fails it for all of them."""
    latest = max(outcome.finished_at for outcome in outcomes)
    sent = from_state is S.SENDING
    if sent and all(_is_plain(outcome.result) for outcome in outcomes):  # the rule
        done = [_delivered(outcome) for outcome in outcomes]
        claim_and_settle.settle(tx, done, from_state=from_state, kind=kind, now=latest)
    else:
        if sent:
            outcomes = _classified(tx, ctx.destination, outcomes)
        transitions.check_attempt(tx, [it.claimed for it in outcomes], from_state=from_state)
        _move(tx, ctx, outcomes, latest, from_state=from_state)
        attempts.finish(tx, [record_of(outcome, kind) for outcome in outcomes])
    effects = [
        KnownEffect(outcome.claimed.lane, outcome.message, outcome.result)
        for outcome in outcomes
        if isinstance(outcome.result, Receipt)
    ]
    called = [outcome for outcome in outcomes if outcome.called]
    made = [handover(ctx.destination, outcome, kind, recorded_at=latest) for outcome in called]
    known_effects.follow(
        tx, ctx.destination, effects, made, on_delivered=ctx.on_delivered, now=latest
    )


def _move(
    tx: Tx, ctx: SettleContext, outcomes: Sequence[CallOutcome], now: datetime, *, from_state: S
) -> None:
    """Move each delivery to where its outcome brings it."""
    good = [(o.claimed.id, o.result.reference) for o in outcomes if isinstance(o.result, Receipt)]
    for outcome in outcomes:
        if from_state is S.AMBIGUOUS:
            _move_queried(tx, ctx, outcome)
        elif isinstance(outcome.result, DeliveryFailure):
            _fail(tx, ctx, outcome, outcome.result, from_state=from_state)
    transitions.deliver(tx, good, now=now, from_state=from_state)


def _is_plain(result: Result) -> bool:
    """Tell whether the partner has what was sent as it was sent: nothing more is written of it."""
    return isinstance(result, Receipt) and not _differing(result)


def _delivered(outcome: CallOutcome) -> claim_and_settle.Delivered:
    return claim_and_settle.Delivered(
        outcome.claimed,
        outcome.result.reference if isinstance(outcome.result, Receipt) else "",
        at=outcome.finished_at,
        request_hash=outcome.digest or None,
        response_hash=getattr(outcome.result, "response_hash", "") or None,
    )


def _classified(tx: Tx, partner: str, outcomes: Sequence[CallOutcome]) -> list[CallOutcome]:
    """Give unknown reply codes the meaning that a person gave them, where one did.

    Comes before the rows are locked, and locks the codes in their order: so it never waits in a
    ring with a person who classifies one, nor with another settling transaction.
    """
    verdicts: dict[int, str | None] = {}
    for outcome in sorted(outcomes, key=lambda one: (one.operation, _unknown_code(one))):
        if theirs := _unknown_code(outcome):
            operation, now = outcome.operation, outcome.finished_at
            verdict = fault_classes.count_reply(tx, partner, operation, theirs, now=now)
            verdicts[outcome.claimed.id] = verdict
    return [_as_classified(one, verdicts.get(one.claimed.id)) for one in outcomes]


def _unknown_code(outcome: CallOutcome) -> str:
    """Return the partner's code that no table knows, "" where there is none."""
    failure = outcome.result
    if isinstance(failure, DeliveryFailure) and failure.code == "reply_unknown_code":
        return failure.partner_code
    return ""


def _as_classified(outcome: CallOutcome, verdict: str | None) -> CallOutcome:
    """Return the outcome with what a verdict makes of its failure."""
    failure = outcome.result
    if verdict is None or not isinstance(failure, DeliveryFailure):
        return outcome
    theirs, result = failure.partner_code, failure
    match verdict:
        case "transient":
            result = TransientFailure("partner_busy", failure.detail, partner_code=theirs)
        case "permanent":
            result = PermanentFailure("partner_refused", failure.detail, partner_code=theirs)
        case "delivered":
            receipt = Receipt(response_hash=failure.response_hash, detail=failure.detail)
            return replace(outcome, result=receipt)
    result.response_hash = failure.response_hash
    return replace(outcome, result=result)


def handover(
    partner: str, outcome: CallOutcome, kind: str, *, recorded_at: datetime
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


def ended_as(result: Result) -> str:
    """Return the word for how a call or a question ended."""
    if isinstance(result, DeliveryFailure):
        return str(result.fault_class)
    if isinstance(result, Receipt):
        return "delivered"
    return "absent" if isinstance(result, Absent) else "unknown"


def _fail(
    tx: Tx, ctx: SettleContext, outcome: CallOutcome, failure: DeliveryFailure, *, from_state: S
) -> None:
    claimed = outcome.claimed
    action = _recover(ctx, claimed, failure, outcome.finished_at)
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
    columns = {"code": code, "detail": failure.detail, "partner_code": failure.partner_code}
    match action:
        case recovery.RetryAt(when, counts):
            transitions.wait(tx, id, from_state=from_state, when=when, counted=counts, **columns)
        case recovery.ReconcileAt(when):
            transitions.doubt(tx, id, from_state=from_state, query_at=when, now=now, **columns)
        case recovery.NeedsPerson():
            transitions.doubt(tx, id, from_state=from_state, query_at=None, now=now, **columns)
        case recovery.DeadLetter(parked_as):
            # Where another code says why it ended, the detail says what the last call brought.
            last = f"{code}: {failure.detail}" if failure.detail else code
            columns["detail"] = last if parked_as != code else failure.detail or code
            transitions.kill(tx, id, from_state=from_state, **columns | {"code": parked_as})


def _move_queried(tx: Tx, ctx: SettleContext, outcome: CallOutcome) -> None:
    """Move a delivery whose effect is unknown by what came of a query about it."""
    claimed, now = outcome.claimed, outcome.finished_at
    effect = doubts.unknown_effect(tx, claimed.id)
    action, cause = _after_query(tx, ctx, outcome, effect)
    match action:
        case None:
            _warn_of_lag(ctx, outcome, effect)
        case absence.QueryAgain(when, absent_at):
            doubts.query_once_more(tx, claimed.id, when=when, absent_at=absent_at, now=now)
        case recovery.ReconcileAt(when):
            doubts.query_later(tx, claimed.id, when=when)
        case recovery.NeedsPerson():
            transitions.leave_to_person(tx, claimed.id, **cause)
        case recovery.RetryAt(when):
            transitions.retry_absent(tx, claimed.id, now=when)
        case recovery.DeadLetter(code):
            why, from_state = unproven_texts.never_there(), S.AMBIGUOUS
            transitions.kill(tx, claimed.id, from_state=from_state, code=code, detail=why)


def _after_query(
    tx: Tx, ctx: SettleContext, outcome: CallOutcome, effect: absence.UnknownEffect
) -> tuple[recovery.Action | absence.QueryAgain | None, dict[str, str]]:
    """Return what follows from a query, None for a receipt; and a cause for a person."""
    claimed, result, now = outcome.claimed, outcome.result, outcome.finished_at
    weigh, cause = absence.weigh_absent, {"why": unproven_texts.contradiction()}
    match result:
        case Receipt():
            return None, {}
        case DeliveryFailure():
            unanswered = doubts.queries_unanswered(tx, claimed.id)
            cause = {"why": unproven_texts.words_of_failure(result), "code": result.code}
            return recovery.after_query(
                result, queries=unanswered, policy=ctx.policy, now=now
            ), cause
        case Unclear():
            weigh, cause = absence.weigh_unclear, {"why": unproven_texts.words_of(result)}
    patience = absence.patience_of(ctx.policy, ctx.traits)
    found = weigh(effect, age=outcome.age(effect.since), now=now, patience=patience)
    return (_recover(ctx, claimed, found, now) if isinstance(found, NoEffect) else found), cause


def _recover(
    ctx: SettleContext,
    claimed: transitions.Claimed,
    ended: DeliveryFailure | NoEffect,
    now: datetime,
) -> recovery.Action:
    return recovery.recover(
        ended,
        attempt=claimed.counted,
        policy=ctx.policy,
        traits=ctx.traits,
        now=now,
        deadline=claimed.deadline,
        draw=ctx.draw,
    )


def _warn_of_lag(ctx: SettleContext, outcome: CallOutcome, effect: absence.UnknownEffect) -> None:
    """Say so when the effect shows after an answer that counted as "not there"."""
    if effect.since is None or effect.absent_at is None:
        return
    log.warning(
        Event.LOOKUP_LAGGED,
        destination=ctx.destination,
        delivery=outcome.claimed.id,
        duration_ms=round((outcome.finished_at - effect.since) / timedelta(milliseconds=1)),
    )


def _differing(result: Result) -> tuple[str, ...]:
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
