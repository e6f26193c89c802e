"""When "not there" proves that a call had no effect, and may be repeated. Pure, reads no clock.

One negative answer is no proof. The partner may still be at work on the call, whatever ended it on
our side (no reply, a cut line, a 502 of a gateway, our own death), and its look-up may read a copy
that lags behind. So an answer counts only when it was asked later than both can last, and then once
more, at a distance. A partner that said "already exists" is never believed when its look-up says
"not there": that is lag, or something for a person. A person who looks at the partner's screen at
once sees nothing of an effect that is under way either, so a person's word counts later, too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.rules.calls.traits import Traits
from hub.rules.deliveries.recovery import NeedsPerson, NoEffect, RetryPolicy

PERSON_WAITS = timedelta(minutes=1)
"""From the end of a call to a person's word about it: more than the reply timeout is by default.
Where that is set longer, persons have to wait as long by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an effect may still come, and how long it may stay unseen."""

    grace_period: timedelta
    work: timedelta
    """How long the partner may be at work on a call that nobody waits for any more."""
    lag: timedelta
    """How long the partner's look-up may not show what it has."""

    @property
    def counts_after(self) -> timedelta:
        """From the end of the call to the first question whose "not there" counts."""
        return self.grace_period + self.work + self.lag

    @property
    def distance(self) -> timedelta:
        """Between the two answers that together are a proof."""
        return max(self.grace_period, self.lag)


def patience_of(policy: RetryPolicy, traits: Traits) -> Patience:
    """Return the patience with one partner."""
    return Patience(grace_period=policy.settle_delay, work=traits.reply_timeout, lag=traits.lag)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEffect:
    """What is known of a delivery whose effect is unknown."""

    since: datetime | None
    """When the call was over on our side; None where that was never written down."""
    absent_at: datetime | None = None
    """When the question was asked whose "not there" was the first to count."""
    reported_existing: bool = False
    """The partner answered "already exists" to the call itself."""


@dataclass(frozen=True, slots=True)
class QueryAgain:
    """Ask at `when`; `absent_at` is the first answer that counts, None where none does yet."""

    when: datetime
    absent_at: datetime | None = None


def weigh_absent(
    effect: UnknownEffect, *, age: timedelta, now: datetime, patience: Patience
) -> QueryAgain | NoEffect | NeedsPerson:
    """Return what follows when a question is answered "not there".

    `age`: how long after the end of the call the question was asked; see `UnknownEffect.since`.
    """
    if effect.since is None or age < patience.counts_after:
        return QueryAgain(now + _pause(age, patience))
    if effect.absent_at is None:
        return QueryAgain(now + patience.distance, absent_at=effect.since + age)
    missing = effect.absent_at + patience.distance - (effect.since + age)
    if missing > timedelta():
        return QueryAgain(now + missing, absent_at=effect.absent_at)
    return NeedsPerson() if effect.reported_existing else NoEffect()


def weigh_unclear(
    effect: UnknownEffect, *, age: timedelta, now: datetime, patience: Patience
) -> QueryAgain | NeedsPerson:
    """Return what follows when the answer proves neither presence nor absence.

    While the effect may still come or become visible, it is asked again; what was counted as absent
    before is not any more.
    """
    if effect.since is None or age < patience.counts_after:
        return QueryAgain(now + _pause(age, patience))
    return NeedsPerson()


def _pause(age: timedelta, patience: Patience) -> timedelta:
    """Return when to ask next while "not there" does not count: ever later, up to when it does.

    An effect that comes late is then seen soon, and few questions are asked.
    """
    return min(max(patience.grace_period, age), patience.counts_after - age)
