"""What to do after a failed call: one pure function over a closed set of actions.

It reads no clock and no store. A failure without effect is tried again, later and later, until
its attempts or its time are used up; an unknown effect is asked about, or left to a person.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenacity import RetryCallState
from tenacity.wait import wait_exponential

from hub.rules.failures.errors import DeliveryFailure, FaultClass
from hub.rules.traits import Traits

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
    """Give it to a person as ambiguous: the effect is unknown and cannot be asked."""


Action = RetryAt | ReconcileAt | DeadLetter | NeedsPerson


def recover(
    failure: DeliveryFailure,
    *,
    attempt: int,
    policy: RetryPolicy,
    traits: Traits,
    now: datetime,
    deadline: datetime | None = None,
    draw: random.Random | None = None,
) -> Action:
    """Return the one action that follows from `failure` on attempt number `attempt` (from 1).

    `deadline` is the time by which the delivery should have arrived: waits shrink towards it and
    never reach past it while it lies ahead. `draw` makes the jitter; without it there is none.
    """
    match failure.fault_class:
        case FaultClass.PERMANENT | FaultClass.INVALID:
            return DeadLetter(failure.code)
        case FaultClass.DEFERRED:
            # Zero is a wish too: at once.
            wish = failure.retry_after
            return RetryAt(now + (policy.pause if wish is None else wish), counts=False)
        case FaultClass.AMBIGUOUS if not traits.idempotent:
            if not traits.findable:
                return NeedsPerson()
            return ReconcileAt(now + policy.settle_delay)
        case _:
            if attempt >= policy.attempts:
                return DeadLetter("attempts_exhausted")
            return RetryAt(next_time(failure, attempt, policy, now, deadline, draw))


def after_absence(
    attempt: int,
    *,
    policy: RetryPolicy,
    now: datetime,
    deadline: datetime | None = None,
    draw: random.Random | None = None,
) -> RetryAt | DeadLetter:
    """Return what follows when the partner proved that attempt number `attempt` had no effect.

    The first lost call is an accident and made again at once. A partner that loses every one would
    else be called for ever, as fast as it answers that it has nothing.
    """
    if attempt >= policy.attempts:
        return DeadLetter("attempts_exhausted")
    if attempt <= 1:
        return RetryAt(now)
    return RetryAt(next_time(None, attempt - 1, policy, now, deadline, draw))


def next_query_delay(queries: int, *, first: timedelta, wish: timedelta | None = None) -> timedelta:
    """Return how long to wait after `asked` questions (from 1) that brought no answer."""
    times: int = min(2 ** min(queries - 1, 40), QUERIES_SLOW_DOWN)
    return max(first * times, wish or timedelta())


def next_time(
    failure: DeliveryFailure | None,
    attempt: int,
    policy: RetryPolicy,
    now: datetime,
    deadline: datetime | None,
    draw: random.Random | None,
) -> datetime:
    """Return when to try again: exponential, jittered, capped, never before the partner's wish."""
    wait = wait_of(attempt, policy)
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


def wait_of(attempt: int, policy: RetryPolicy) -> timedelta:
    """Return the wait after attempt number `attempt`, without jitter."""
    longest = policy.longest_wait.total_seconds()
    schedule = wait_exponential(multiplier=policy.first_wait.total_seconds(), max=longest)
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]
    state.attempt_number = min(attempt, 60)  # beyond, 2**n is above every cap
    return timedelta(seconds=schedule(state))
