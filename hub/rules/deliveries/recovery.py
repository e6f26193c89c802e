"""What to do after a failed call: one pure function over a closed set of actions.

It reads no clock and no store. A failure without effect is tried again, later and later, until
its attempts or its time are used up; an unknown effect is asked about, or left to a person. What
the partner proved not to have is sent again: `hub/rules/deliveries/absence.py` says when that is
proven.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.rules.calls.backoff import doubled
from hub.rules.calls.traits import Traits
from hub.rules.failures.errors import DeliveryFailure, FaultClass

QUERIES_SLOW_DOWN = 20
"""How many times the first pause the longest one between questions without an answer is: a partner
that is away for a night must not leave thousands of rows of evidence that it was away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How patient the hub is with a destination."""

    first_wait: timedelta = timedelta(seconds=5)
    longest_wait: timedelta = timedelta(minutes=30)
    jitter: float = 0.2
    """Share of the wait that is drawn at random, either way."""
    attempts: int = 400
    settle_delay: timedelta = timedelta(seconds=10)
    """How long after an unknown effect the partner is asked first; see `absence` for how long its
    "not there" does not count."""
    pause: timedelta = timedelta(minutes=1)
    """How long a held delivery sleeps before it looks again."""
    query_interval: timedelta = timedelta(seconds=30)
    """The first pause after a query that brought no answer."""


@dataclass(frozen=True, slots=True)
class NoEffect:
    """The partner proved that a call had no effect and never will have one."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Send again at `when`."""

    when: datetime
    counts: bool = True
    """Whether an attempt was used; a pause uses none."""


@dataclass(frozen=True, slots=True)
class ReconcileAt:
    """Ask the partner at `when` whether it has been done."""

    when: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Give it to a person as a dead letter: certainly no effect."""

    code: str


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """Give it to a person as ambiguous: the effect is unknown, and queries prove nothing more."""


Action = RetryAt | ReconcileAt | DeadLetter | NeedsPerson


def recover(
    ended: DeliveryFailure | NoEffect,
    *,
    attempt: int,
    policy: RetryPolicy,
    traits: Traits,
    now: datetime,
    deadline: datetime | None = None,
    draw: random.Random | None = None,
) -> Action:
    """Return the one action that follows when attempt number `attempt` (from 1) ended so.

    `deadline` is the time by which the delivery should have arrived: waits shrink towards it and
    never reach past it while it lies ahead. `draw` makes the jitter; without it there is none.
    """
    if isinstance(ended, NoEffect):
        if attempt >= policy.attempts:
            return DeadLetter("attempts_exhausted")
        # The first lost call is an accident and made again at once. A partner that loses every one
        # would else be called for ever, as fast as it answers that it has nothing.
        if attempt <= 1:
            return RetryAt(now)
        return RetryAt(_next_time(None, attempt - 1, policy, now, deadline, draw))
    match ended.fault_class:
        case FaultClass.PERMANENT | FaultClass.INVALID:
            return DeadLetter(ended.code)
        case FaultClass.DEFERRED:
            # Zero is a wish too: at once.
            wish = ended.retry_after
            return RetryAt(now + (policy.pause if wish is None else wish), counts=False)
        case FaultClass.AMBIGUOUS if not traits.idempotent:
            if not traits.findable:
                return NeedsPerson()
            return ReconcileAt(now + policy.settle_delay)
        case _:
            if attempt >= policy.attempts:
                return DeadLetter("attempts_exhausted")
            return RetryAt(_next_time(ended, attempt, policy, now, deadline, draw))


def after_query(
    failure: DeliveryFailure, *, queries: int, policy: RetryPolicy, now: datetime
) -> ReconcileAt | NeedsPerson:
    """Return what follows when query number `queries` (from 1) about a call failed itself."""
    if failure.fault_class is FaultClass.PERMANENT:
        return NeedsPerson()
    first, wish = policy.query_interval, failure.retry_after or timedelta()
    pause = doubled(first, queries - 1, longest=first * QUERIES_SLOW_DOWN)
    return ReconcileAt(now + max(pause, wish))


def _next_time(
    failure: DeliveryFailure | None,
    attempt: int,
    policy: RetryPolicy,
    now: datetime,
    deadline: datetime | None,
    draw: random.Random | None,
) -> datetime:
    """Return when to try again: exponential, jittered, capped, never before the partner's wish."""
    wait = doubled(policy.first_wait, attempt - 1, longest=policy.longest_wait)
    if draw:
        wait *= 1 + policy.jitter * (2 * draw.random() - 1)
    if deadline and now < deadline:
        # The nearer the due date, the shorter the wait: eight more tries fit in what is left.
        wait = min(wait, max(policy.first_wait, (deadline - now) / 8))
    when = now + wait
    if deadline and now < deadline < when:
        when = deadline
    if failure and failure.retry_after:
        when = max(when, now + failure.retry_after)
    return when
