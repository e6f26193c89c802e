"""The circuit of an operation: when it opens, that it always ends, and how it comes back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.calls import circuit as c
from hub.rules.calls.circuit import Circuit, CircuitPolicy, Phase, Signal
from hub.rules.failures.errors import (
    FAULTS,
    AmbiguousFailure,
    DeliveryFailure,
    FaultClass,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)

NOW = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)
POLICY = CircuitPolicy()
LONGEST_WISH = timedelta(days=7)
"""No partner's wish is longer when it comes here: `adapters/wire/replies.py` cuts it."""
DRAWS = st.floats(0, 1, exclude_max=True)
WISHES = st.none() | st.timedeltas(timedelta(), LONGEST_WISH)


@dataclass(frozen=True)
class Success:
    """A call was answered."""


@dataclass(frozen=True)
class Failure:
    """A call failed: of the line, or with what may lie in a dossier."""

    dossier: str
    draw: float
    wish: timedelta | None


@dataclass(frozen=True)
class Passing:
    """Time passes."""

    by: timedelta


@dataclass(frozen=True)
class Elsewhere:
    """A call of another operation was answered."""


@dataclass(frozen=True)
class Doubt:
    """A maintenance window has ended."""


Step = Success | Failure | Passing | Elsewhere | Doubt
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.just(Success()),
        st.builds(Failure, dossier=st.sampled_from(["", "", "A", "B"]), draw=DRAWS, wish=WISHES),
        st.builds(Passing, by=st.timedeltas(timedelta(), timedelta(minutes=10))),
        st.just(Elsewhere()),
        st.just(Doubt()),
    ),
    max_size=60,
)
POLICIES = st.builds(
    CircuitPolicy,
    failures=st.integers(1, 6),
    first_pause=st.timedeltas(timedelta(milliseconds=1), timedelta(minutes=1)),
    longest_pause=st.timedeltas(timedelta(minutes=1), timedelta(minutes=10)),
    jitter=st.floats(0, 0.9),
    width=st.integers(1, 40),
)


def walk(policy: CircuitPolicy, steps: list[Step]) -> list[tuple[datetime, Circuit]]:
    """Return where the circuit stands after each step, and when."""
    now, at = NOW, Circuit()
    stands = [(now, at)]
    for step in steps:
        match step:
            case Success():
                at = c.succeeded(at, policy)
            case Failure(dossier=dossier, draw=draw, wish=wish):
                at = c.failed(
                    at,
                    policy,
                    now=now,
                    draw=draw,
                    code="partner_unreachable",
                    dossier=dossier,
                    at_least=wish,
                )
            case Passing(by=by):
                now += by
            case Elsewhere():
                at = c.reset_line_failures(at)
            case Doubt():
                at = c.probe_after(at, now)
        at = c.at_time(at, now)
        stands.append((now, at))
    return stands


def fail(at: Circuit, *, now: datetime = NOW, dossier: str = "", draw: float = 0) -> Circuit:
    """Return the circuit after a failure."""
    return c.failed(at, POLICY, now=now, draw=draw, code="reply_timeout", dossier=dossier)


def opened(at: Circuit | None = None, *, now: datetime = NOW) -> Circuit:
    """Return a circuit that the line has opened."""
    at = at or Circuit()
    while at.phase is not Phase.OPEN:
        at = fail(at, now=now)
    return at


def half_open() -> Circuit:
    """Return a circuit whose first pause is over."""
    at = opened()
    return c.at_time(at, at.until or NOW)


@given(POLICIES, STEPS)
def test_an_open_circuit_always_has_an_end(policy: CircuitPolicy, steps: list[Step]) -> None:
    """Whatever happened: nothing is paused for ever, and at its end one call may go."""
    longest = max(policy.longest_pause, LONGEST_WISH)
    for now, at in walk(policy, steps):
        if at.phase is Phase.OPEN:
            assert at.until is not None
            assert now < at.until <= now + longest
            assert c.permits(c.at_time(at, at.until)) == 1
            assert c.at_time(at, at.until - timedelta(microseconds=1)) == at


@given(POLICIES, STEPS)
def test_from_anywhere_it_closes_when_the_partner_is_well(
    policy: CircuitPolicy, steps: list[Step]
) -> None:
    """A partner that answers gets all again, after a bounded number of calls; nothing is left."""
    now, at = walk(policy, steps)[-1]
    at = c.at_time(at, at.until or now)
    turn = at.generation
    for _ in range(2 * policy.width + 1):
        at = c.succeeded(at, policy)
    assert at == Circuit(generation=turn)
    assert c.permits(at) is None


@given(POLICIES, STEPS)
def test_what_is_shown_of_it_is_whole(policy: CircuitPolicy, steps: list[Step]) -> None:
    """Closed remembers no pause; every other phase says since when, and how much may go."""
    for _, at in walk(policy, steps):
        assert (at.phase is Phase.CLOSED) == (at.since is None)
        assert (at.phase is Phase.CLOSED) == (c.permits(at) is None)
        if at.phase is Phase.RAMPING:
            assert 2 <= at.width < policy.width
            assert 0 <= at.passed < at.width
        if at.phase is Phase.CLOSED:
            assert len(at.counted_keys) <= at.failures < policy.failures
            assert (at.trip_count, at.until, at.code) == (0, None, "")


@given(POLICIES, STEPS)
def test_each_opening_ends_what_calls_under_way_may_say(
    policy: CircuitPolicy, steps: list[Step]
) -> None:
    """The turn only grows, and grows whenever the circuit opens or is doubted."""
    stands = [at for _, at in walk(policy, steps)]
    for before, after in pairwise(stands):
        assert after.generation >= before.generation
        begins = after.phase is Phase.OPEN and before.phase is not Phase.OPEN
        doubted = after.phase is Phase.HALF_OPEN and before.phase is Phase.CLOSED
        if begins or doubted:
            assert after.generation > before.generation


def test_failures_in_a_row_open_it_and_not_one_fewer() -> None:
    """An answer in between begins the count anew."""
    at = Circuit()
    for _ in range(POLICY.failures - 1):
        at = fail(at)
    assert at.phase is Phase.CLOSED
    again = c.succeeded(at, POLICY)
    assert again == Circuit()
    at = fail(at)
    assert (at.phase, at.code, at.since) == (Phase.OPEN, "reply_timeout", NOW)
    assert c.permits(at) == 0


@given(st.lists(st.sampled_from(["A", "B", "C", "D"]), max_size=60))
def test_a_few_bad_dossiers_never_open_it(dossiers: list[str]) -> None:
    """Trouble that may lie in what was sent counts once for each dossier."""
    at = Circuit()
    for dossier in dossiers:
        at = fail(at, dossier=dossier)
    assert at.phase is Phase.CLOSED
    assert at.failures == len(set(dossiers))


def test_trouble_of_many_dossiers_opens_it() -> None:
    """That is no dossier's fault any more."""
    at = Circuit()
    for n in range(POLICY.failures):
        at = fail(at, dossier=str(n))
    assert at.phase is Phase.OPEN


def test_an_answer_elsewhere_acquits_the_line_and_not_the_dossiers() -> None:
    """What another operation proves is that the line works."""
    at = fail(fail(fail(Circuit()), dossier="A"))
    assert c.reset_line_failures(at) == Circuit(failures=1, counted_keys=frozenset({"A"}))
    assert c.reset_line_failures(half_open()) == half_open()


def test_half_open_lets_one_call_go() -> None:
    """It decides: up with an answer, open for longer without."""
    at = half_open()
    assert (at.phase, c.permits(at)) == (Phase.HALF_OPEN, 1)
    assert c.permits(c.succeeded(at, POLICY)) == 2
    worse = fail(at, dossier="A")
    assert (worse.phase, worse.trip_count, worse.since) == (Phase.OPEN, 2, NOW)


@given(st.integers(1, 200))
def test_the_ramp_only_grows_until_wide(width: int) -> None:
    """1, 2, 4 ... and then as many as ever; it doubles after as many answers as it is wide."""
    policy = CircuitPolicy(width=width)
    at, widths, answers = half_open(), [1], [0]
    while at.phase is not Phase.CLOSED:
        at = c.succeeded(at, policy)
        answers[-1] += 1
        room = c.permits(at)
        if room != widths[-1]:
            widths.append(room or width)
            answers.append(0)
    assert widths[:-1] == [2**n for n in range(len(widths) - 1)]
    assert answers[:-1] == widths[:-1]
    assert widths[-2] < width or width == 1
    assert widths[-2] * 2 >= width


@given(st.integers(1, 6))
def test_any_failure_on_the_ramp_opens_it_for_longer(answers: int) -> None:
    """Also one that may lie in a dossier: the partner was down a moment ago."""
    at = half_open()
    for _ in range(answers):
        at = c.succeeded(at, CircuitPolicy(width=64))
    worse = c.failed(at, CircuitPolicy(width=64), now=NOW, draw=0, code="partner_busy", dossier="A")
    assert (at.phase, worse.phase, worse.trip_count) == (Phase.RAMPING, Phase.OPEN, 2)
    assert (worse.width, worse.passed) == (0, 0)


@given(st.integers(0, 100_000), DRAWS)
def test_pauses_grow_to_the_cap_and_never_beyond(openings: int, draw: float) -> None:
    """Each is at least as long as the one before, by the same draw, and never nothing."""
    pause, longer = (c.pause_of(n, POLICY, draw) for n in (openings, openings + 1))
    assert timedelta() < pause <= longer <= POLICY.longest_pause


def test_pauses_double() -> None:
    """5 s, 10 s ... 5 min, as the run book says; the jitter makes them shorter by a fifth."""
    found = [c.pause_of(n, POLICY, 0).total_seconds() for n in range(8)]
    assert found == [5, 10, 20, 40, 80, 160, 300, 300]
    assert c.pause_of(0, POLICY, 0.5) == timedelta(seconds=4.5)


def test_openings_lengthen_and_closing_forgets() -> None:
    """A partner that fails its trials is tried less and less; one that is back begins anew."""
    at, looked, pauses = opened(), NOW, []
    for _ in range(8):
        assert at.until is not None
        pauses.append(at.until - looked)
        looked = at.until
        at = fail(c.at_time(at, looked), now=looked)
    assert [it.total_seconds() for it in pauses] == [5, 10, 20, 40, 80, 160, 300, 300]
    at = c.at_time(at, at.until or NOW)
    while at.phase is not Phase.CLOSED:
        at = c.succeeded(at, POLICY)
    assert opened(at).until == NOW + POLICY.first_pause


@given(st.timedeltas(timedelta(), LONGEST_WISH), DRAWS)
def test_a_partner_that_asks_for_time_gets_it(wish: timedelta, draw: float) -> None:
    """Never less than it asked for, never less than the pause itself."""
    at = c.failed(half_open(), POLICY, now=NOW, draw=draw, code="partner_busy", at_least=wish)
    assert at.until == NOW + max(wish, c.pause_of(1, POLICY, draw))


@given(st.timedeltas(POLICY.pause_from, LONGEST_WISH))
def test_a_long_wish_opens_the_circuit_at_once(wish: timedelta) -> None:
    """A partner that asks for hours is not called four times more to be told the same."""
    at = c.failed(
        Circuit(), POLICY, now=NOW, draw=0, code="partner_busy", dossier="D", at_least=wish
    )
    assert (at.phase, at.until) == (Phase.OPEN, NOW + max(wish, POLICY.first_pause))


def test_a_short_wish_is_one_failure_of_its_dossier() -> None:
    """It concerns the one delivery."""
    wish = POLICY.pause_from - timedelta(seconds=1)
    at = c.failed(
        Circuit(), POLICY, now=NOW, draw=0, code="partner_busy", dossier="D", at_least=wish
    )
    assert (at.phase, at.failures) == (Phase.CLOSED, 1)


def test_an_open_circuit_heeds_no_late_word() -> None:
    """Neither makes it longer nor shorter what hung since before."""
    at = opened()
    assert fail(at, now=NOW + timedelta(seconds=3)) == at
    assert c.succeeded(at, POLICY) == at
    assert c.probe_after(at, NOW) == at


def test_after_maintenance_one_call_tries_the_line() -> None:
    """When it is answered the ramp begins; a partner that is late is left alone for the first
    pause, not for a longer one than after any other trial."""
    at = c.probe_after(fail(Circuit()), NOW)
    assert (at.phase, c.permits(at), at.failures) == (Phase.HALF_OPEN, 1, 0)
    assert fail(at).until == NOW + POLICY.first_pause


REFUSALS = sorted(
    it.code
    for it in FAULTS.values()
    if it.fault_class is FaultClass.PERMANENT and it.code.startswith("partner_")
)


@pytest.mark.parametrize("code", [*REFUSALS, "reply_unknown_code"])
def test_a_refusal_is_an_answer(code: str) -> None:
    """One of a dossier never opens anything, however often: it says that the line works."""
    assert c.classify(PermanentFailure(code)) is Signal.WELL


@pytest.mark.parametrize(
    ("failure", "word"),
    [
        (None, Signal.WELL),
        (TransientFailure("partner_unreachable"), Signal.LINE),
        (TransientFailure("partner_login"), Signal.LINE),
        (NotAttempted("partner_session"), Signal.LINE),
        (TransientFailure("certificate_expired"), Signal.LINE),
        (TransientFailure("certificate_unknown"), Signal.LINE),
        (TransientFailure("certificate_name"), Signal.LINE),
        (TransientFailure("certificate_refused"), Signal.LINE),
        (TransientFailure("tls_outdated"), Signal.LINE),
        (TransientFailure("tls_failed"), Signal.LINE),
        (NotAttempted("partner_forbidden"), Signal.DENIED),
        (TransientFailure("partner_busy"), Signal.TROUBLE),
        (AmbiguousFailure("reply_timeout"), Signal.TROUBLE),
        (AmbiguousFailure("reply_dropped"), Signal.TROUBLE),
        (AmbiguousFailure("reply_server_error"), Signal.TROUBLE),
        (AmbiguousFailure("reply_unreadable"), Signal.TROUBLE),
        (NotAttempted("partner_paused"), Signal.NOTHING),
        (NotAttempted("claim_late"), Signal.NOTHING),
        (PermanentFailure("mapping_missing"), Signal.NOTHING),
        (PermanentFailure("prepare_failed"), Signal.NOTHING),
        (AmbiguousFailure("send_crashed"), Signal.NOTHING),
        (AmbiguousFailure("lease_expired"), Signal.NOTHING),
    ],
)
def test_what_a_failure_proves(failure: DeliveryFailure | None, word: Signal) -> None:
    """The line, trouble that may lie in what was sent, or nothing when nobody was called."""
    assert c.classify(failure) is word
    assert failure is None or failure.code in FAULTS


@pytest.mark.parametrize("code", ["partner_unreachable", "partner_login"])
def test_an_answer_is_not_blamed_on_the_line(code: str) -> None:
    """A gateway's 404 comes from the address that was called: other operations go on."""
    failure = TransientFailure(code)
    failure.response_hash = "0" * 64
    assert c.classify(failure) is Signal.TROUBLE


@given(DRAWS, WISHES, st.timedeltas(timedelta(hours=-48), timedelta()), st.integers(0, 20))
def test_an_opening_lasts_no_longer_when_the_clock_is_set_back(
    draw: float, wish: timedelta | None, jump: timedelta, openings: int
) -> None:
    """However far: from the next look on it lasts at most as long as it was to last at first."""
    shut = Circuit(phase=Phase.HALF_OPEN, trip_count=openings)
    shut = c.failed(shut, POLICY, now=NOW, draw=draw, code="partner_busy", at_least=wish)
    assert shut.until is not None
    planned, now = shut.until - NOW, NOW + jump
    seen = c.at_time(shut, now)
    assert seen.until is not None
    assert seen.until - now <= planned
    assert c.at_time(seen, seen.until).phase is Phase.HALF_OPEN
