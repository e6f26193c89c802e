"""Recovery: one pure decision for every way a call can fail."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.calls.traits import Traits
from hub.rules.deliveries.recovery import (
    DeadLetter,
    NeedsPerson,
    NoEffect,
    ReconcileAt,
    RetryAt,
    RetryPolicy,
    after_query,
    recover,
)
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)

NOW = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)
POLICY = RetryPolicy(
    first_wait=timedelta(seconds=2), longest_wait=timedelta(seconds=60), attempts=5
)
PLAIN = Traits(accepts=frozenset())
FINDABLE = Traits(accepts=frozenset(), findable=True)
IDEMPOTENT = Traits(accepts=frozenset(), idempotent=True)


def decide(
    ended: DeliveryFailure | NoEffect, attempt: int = 1, traits: Traits = FINDABLE
) -> object:
    """Decide without jitter."""
    return recover(ended, attempt=attempt, policy=POLICY, traits=traits, now=NOW)


def test_without_effect_it_is_sent_again_later_and_later() -> None:
    """2, 4, 8, 16 seconds; the fifth failure parks it."""
    failure = TransientFailure("partner_unreachable")
    waits = [decide(failure, attempt) for attempt in (1, 2, 3, 4)]
    assert waits == [RetryAt(NOW + timedelta(seconds=s)) for s in (2, 4, 8, 16)]
    assert decide(failure, 5) == DeadLetter("attempts_exhausted")


def test_a_partner_that_loses_every_call_is_called_later_and_later() -> None:
    """The first time at once, then 2, 4, 8 seconds; the fifth time a person is told."""
    actions = [decide(NoEffect(), attempt) for attempt in (1, 2, 3, 4)]
    assert actions == [RetryAt(NOW + timedelta(seconds=s)) for s in (0, 2, 4, 8)]
    assert decide(NoEffect(), 5) == DeadLetter("attempts_exhausted")


def test_a_partner_that_answers_no_question_is_asked_later_and_later() -> None:
    """Doubling up to twenty times the first pause, never before its own wish."""
    first, hour = POLICY.query_interval, timedelta(hours=1)
    away = TransientFailure("partner_unreachable")
    for asked, times in ((1, 1), (2, 2), (3, 4), (6, 20), (7, 20), (1000, 20)):
        again = after_query(away, queries=asked, policy=POLICY, now=NOW)
        assert again == ReconcileAt(NOW + first * times)
    wish = TransientFailure("partner_busy", retry_after=hour)
    assert after_query(wish, queries=1, policy=POLICY, now=NOW) == ReconcileAt(NOW + hour)


def test_a_query_that_cannot_be_built_is_left_to_a_person() -> None:
    """A mapping that is missing does not come back by asking again."""
    missing = PermanentFailure("mapping_missing")
    assert after_query(missing, queries=1, policy=POLICY, now=NOW) == NeedsPerson()


def test_a_refusal_is_parked_at_once_with_its_reason() -> None:
    """Sending the same again cannot help."""
    assert decide(PermanentFailure("partner_refused")) == DeadLetter("partner_refused")


@pytest.mark.parametrize("attempt", [1, 5, 500])
def test_an_unknown_effect_is_asked_about_never_repeated(attempt: int) -> None:
    """However often it was tried before."""
    failure = AmbiguousFailure("reply_dropped")
    assert decide(failure, attempt) == ReconcileAt(NOW + POLICY.settle_delay)
    assert decide(failure, attempt, PLAIN) == NeedsPerson()


@pytest.mark.parametrize("code", ["reply_timeout", "reply_dropped", "reply_server_error"])
def test_after_every_unknown_end_the_partner_is_asked_equally_soon(code: str) -> None:
    """An early "yes" counts; from when a "no" does, `hub/rules/deliveries/absence.py` says."""
    assert decide(AmbiguousFailure(code)) == ReconcileAt(NOW + POLICY.settle_delay)


def test_an_unknown_effect_may_be_repeated_where_the_partner_drops_repeats() -> None:
    """Only the partner's own promise allows it."""
    assert isinstance(decide(AmbiguousFailure("reply_timeout"), 1, IDEMPOTENT), RetryAt)


def test_a_pause_uses_no_attempt() -> None:
    """A closed partner is nobody's failure, also after the last attempt."""
    assert decide(NotAttempted("partner_paused"), 5) == RetryAt(NOW + POLICY.pause, counts=False)
    at_once = NotAttempted("claim_late", retry_after=timedelta())
    assert decide(at_once, 5) == RetryAt(NOW, counts=False)


def test_the_partners_wish_is_honoured() -> None:
    """Retry-After is the earliest time."""
    busy = TransientFailure("partner_busy", retry_after=timedelta(minutes=7))
    assert decide(busy) == RetryAt(NOW + timedelta(minutes=7))


def test_waits_shrink_towards_the_due_date() -> None:
    """Eight more tries fit in the time that is left, at any attempt."""
    failure = TransientFailure("partner_unreachable")

    def wait(minutes: float) -> timedelta:
        action = recover(
            failure,
            attempt=4,
            policy=RetryPolicy(first_wait=timedelta(seconds=2), longest_wait=timedelta(hours=1)),
            traits=FINDABLE,
            now=NOW,
            deadline=NOW + timedelta(minutes=minutes),
        )
        assert isinstance(action, RetryAt)
        return action.when - NOW

    assert wait(600) == timedelta(seconds=16)
    assert wait(1) == timedelta(seconds=7.5)
    assert wait(0.05) == timedelta(seconds=2)


@given(
    attempt=st.integers(1, 10_000),
    first=st.floats(0.001, 3600),
    longest=st.floats(0.001, 86_400),
    seed=st.integers(),
    minutes=st.integers(-100, 100),
)
def test_a_wait_is_positive_capped_and_ends_before_a_deadline_ahead(
    attempt: int, first: float, longest: float, seed: int, minutes: int
) -> None:
    """For every attempt, policy, draw and deadline."""
    policy = RetryPolicy(
        first_wait=timedelta(seconds=first),
        longest_wait=timedelta(seconds=longest),
        attempts=10**6,
    )
    deadline = NOW + timedelta(minutes=minutes)
    action = recover(
        TransientFailure("partner_unreachable"),
        attempt=attempt,
        policy=policy,
        traits=FINDABLE,
        now=NOW,
        deadline=deadline,
        draw=random.Random(seed),
    )
    assert isinstance(action, RetryAt)
    assert NOW <= action.when <= NOW + policy.longest_wait * (1 + policy.jitter)
    if deadline > NOW:
        assert action.when <= deadline
