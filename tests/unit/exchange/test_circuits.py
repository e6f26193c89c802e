"""The circuits of a destination: what may go out, decided for every thread alike."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.exchange.admission.circuits import AT_ONCE, UNLIMITED, Permit
from hub.rules.calls.call_limits import ClosedPeriod, Quota
from hub.rules.calls.circuit import Phase
from hub.rules.failures.errors import (
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)
from tests.support.circuits import (
    ALL,
    DOWN,
    NOW,
    OF_A,
    POLICY,
    REFUSED,
    SECOND,
    SLOW,
    TEA,
    TEA_AT,
    TEA_ENDS,
    A,
    B,
    call,
    circuits,
    generation_of,
    phases,
    shut,
)


def test_while_all_is_well_everything_goes() -> None:
    """And nothing is shown."""
    it = circuits()
    assert it.capacity(NOW) == UNLIMITED
    assert it.permits([A, B, "unknown"], NOW) == [True] * 3
    assert all(call(it, A, None) for _ in range(5))
    assert (it.room(NOW), it.pauses(NOW)) == ({}, {})


def test_a_line_that_fails_pauses_every_operation() -> None:
    """Nobody is there, whatever was sent; what nobody knows of is not held."""
    it = circuits()
    until = shut(it)
    assert until == NOW + POLICY.first_pause
    assert it.permits([A, B, "unknown"], NOW) == [False, False, True]
    assert phases(it, NOW) == {A: "open", B: "open"}
    pause = it.pauses(NOW)[B]
    assert (pause.kind, pause.code) == ("circuit", "partner_unreachable")
    assert (pause.since, pause.until) == (NOW, until)
    assert pause.expires_at > until


def test_trouble_pauses_its_operation_alone() -> None:
    """Of several dossiers; the other operation goes on."""
    it = circuits()
    for n in range(POLICY.failures):
        call(it, A, SLOW, dossier=str(n))
    assert it.permits([A, B], NOW) == [False, True]
    assert it.capacity(NOW).width is None
    assert it.capacity(NOW).until == NOW + POLICY.first_pause
    assert set(it.pauses(NOW)) == {A}


def test_a_missing_right_pauses_its_operation_at_once() -> None:
    """What waits would be refused as well; the other operation goes on."""
    it = circuits()
    call(it, A, NotAttempted("partner_forbidden"))
    assert it.permits([A, B], NOW) == [False, True]
    assert it.pauses(NOW)[A].code == "partner_forbidden"


def test_a_wish_of_a_day_is_kept_over_a_restart() -> None:
    """Shown, and neither tried after an hour nor after a restart."""
    it = circuits()
    wish = timedelta(days=1)
    call(it, A, TransientFailure("partner_busy", retry_after=wish))
    assert it.pauses(NOW)[A].until == NOW + wish
    later = NOW + timedelta(hours=2)
    assert it.permits([A], later) == [False]
    after = circuits()
    after.adopt([it.pauses(later)[A]])
    assert after.permits([A], later) == [False]
    assert after.pauses(later)[A].until == NOW + wish
    assert after.permits([A], NOW + wish) == [True]


def test_a_wish_that_is_longer_than_allowed_now_is_cut_after_a_restart() -> None:
    """An operator who lowers `retry_after.longest` and restarts is not kept waiting for days."""
    it = circuits()
    call(it, A, TransientFailure("partner_busy", retry_after=timedelta(days=1)))
    after = circuits(policy=replace(POLICY, longest_wish=timedelta(hours=1)))
    after.adopt([it.pauses(NOW)[A]])
    assert after.pauses(NOW)[A].until == NOW + timedelta(hours=1)


@given(st.lists(st.sampled_from([REFUSED, SLOW]), max_size=40))
def test_one_dossier_never_pauses_others(failures: Sequence[DeliveryFailure]) -> None:
    """Whatever becomes of it, refused or in trouble, however often."""
    it = circuits()
    assert all(call(it, A, failure, dossier="one") for failure in failures)
    assert it.capacity(NOW) == UNLIMITED


def test_it_comes_back_by_one_two_four_and_then_all() -> None:
    """The room is what is not yet under way."""
    it = circuits()
    now = shut(it)
    widths: list[int] = []
    while (width := it.room(now).get(A, 0)) and len(widths) < 9:
        widths.append(width)
        assert it.permits([A] * 20, now) == [True] * width + [False] * (20 - width)
        permits = [it.acquire(A) for _ in range(width)]
        assert A not in it.room(now)
        for permit in permits:
            assert it.veto(permit, now) is None
            it.release(permit, None, dossier="D", now=now)
    assert widths == [1, 2, 4]
    assert set(it.pauses(now)) == {B}
    assert it.permits([A] * 20, now) == [True] * 20
    while it.capacity(now) != UNLIMITED:
        call(it, B, None, now=now)
    assert it.pauses(now) == {}


def test_a_trial_that_was_not_made_leaves_its_place() -> None:
    """The delivery was overtaken or our own fault: nothing is proven, and the next may try."""
    it = circuits()
    now = shut(it)
    for failure in (NotAttempted("claim_late"), PermanentFailure("mapping_missing")):
        assert call(it, A, failure, now=now)
        assert it.pauses(now)[A].phase == Phase.HALF_OPEN
        assert it.room(now)[A] == 1


def test_what_was_claimed_before_the_pause_does_not_go_after_it() -> None:
    """It waited for a thread: it would come in force upon a partner that is tried with one."""
    it = circuits()
    permits = [it.acquire(A) for _ in range(8)]
    until = shut(it)
    assert it.veto(permits[0], until - SECOND) == SECOND
    assert [it.veto(permit, until) for permit in permits] == [AT_ONCE] * 8
    assert it.room(until)[A] == 1


def test_what_was_claimed_while_it_opened_does_not_go_after_it() -> None:
    """It was permitted before the last failure, and acquired its permit after."""
    it = circuits()
    assert it.permits([A] * 8, NOW) == [True] * 8
    until = shut(it)
    permits = [it.acquire(A) for _ in range(8)]
    assert it.veto(permits[0], NOW) == POLICY.first_pause
    assert [it.veto(permit, until) for permit in permits] == [AT_ONCE] * 8
    for permit in permits:
        it.release(permit, NotAttempted("partner_paused"), dossier="D", now=until)
    assert it.room(until)[A] == 1


def test_a_late_word_neither_opens_nor_closes() -> None:
    """A call that hung since before the pause says nothing about the partner now."""
    it = circuits()
    permits = [it.acquire(A) for _ in range(8)]
    until = shut(it)
    for permit, failure in zip(permits, [None, DOWN, SLOW, REFUSED], strict=False):
        it.release(permit, failure, dossier="D", now=until)
    assert it.pauses(until)[A].phase == Phase.HALF_OPEN
    assert it.room(until)[A] == 1


def test_a_failed_trial_pauses_for_longer() -> None:
    """And says since when all in all."""
    it = circuits()
    until = shut(it)
    assert call(it, A, DOWN, now=until)
    pause = it.pauses(until)[A]
    assert (pause.since, pause.until, pause.openings) == (NOW, until + 2 * POLICY.first_pause, 2)


def test_a_window_begins_and_ends_by_the_clock() -> None:
    """Nothing goes while it lasts, not even what is claimed; then one call tries."""
    it = circuits(TEA)
    assert call(it, A, None, now=TEA_AT - SECOND)
    permit = it.acquire(A)
    assert it.veto(permit, TEA_AT) == TEA_ENDS - TEA_AT
    capacity = it.capacity(TEA_AT)
    assert (capacity.width, capacity.until, capacity.retry_after) == (0, TEA_ENDS, None)
    pause = it.pauses(TEA_AT)[A]
    assert (pause.kind, pause.until, pause.reason_en) == ("window", TEA_ENDS, "as agreed")
    assert phases(it, TEA_ENDS) == {A: "half_open", B: "half_open"}
    assert it.permits([A] * 3, TEA_ENDS) == [True, False, False]
    while it.capacity(TEA_ENDS).retry_after:
        assert call(it, A, None, now=TEA_ENDS)
        assert call(it, B, None, now=TEA_ENDS)
    assert it.pauses(TEA_ENDS) == {}


@pytest.mark.parametrize("failure", [None, DOWN, SLOW])
def test_a_call_from_before_a_window_is_no_trial_after_it(failure: DeliveryFailure | None) -> None:
    """Also when its end is the first that is looked at after the window."""
    it = circuits(TEA)
    it.capacity(TEA_AT - SECOND)
    permit = it.acquire(A)
    it.capacity(TEA_AT)
    it.release(permit, failure, dossier="D", now=TEA_ENDS)
    assert it.pauses(TEA_ENDS)[A].phase == Phase.HALF_OPEN
    assert it.room(TEA_ENDS) == {A: 1, B: 1}


def test_a_window_within_an_open_circuit_shows_the_later_end() -> None:
    """The pause that is told is the one that holds longest."""
    it = circuits(TEA)
    near = TEA_AT - SECOND
    until = shut(it, now=near)
    assert it.pauses(near)[A].kind == "circuit"
    assert (it.pauses(until)[A].kind, it.capacity(until).until) == ("window", TEA_ENDS)


def test_a_used_up_quota_pauses_what_it_concerns() -> None:
    """Until it says; then all goes on at once, since it is nobody's failure."""
    it = circuits()
    it.exhausted(OF_A, until=NOW + SECOND, now=NOW)
    assert it.permits([A, B], NOW) == [False, True]
    assert it.pauses(NOW)[A].kind == "quota"
    assert it.capacity(NOW + SECOND) == UNLIMITED
    it.exhausted(ALL, until=NOW + 2 * SECOND, now=NOW + SECOND)
    assert it.permits([A, B], NOW + SECOND) == [False, False]
    it.forget_quotas()
    assert it.capacity(NOW + SECOND) == UNLIMITED


@pytest.mark.parametrize("later", [OF_A, ALL])
def test_of_two_used_up_quotas_the_longer_holds(later: Quota) -> None:
    """In whichever order they are noted: else one pause would end the other early."""
    other = ALL if later is OF_A else OF_A
    for ends in ([(later, 9), (other, 1)], [(other, 1), (later, 9)]):
        it = circuits()
        for quota, seconds in ends:
            it.exhausted(quota, until=NOW + seconds * SECOND, now=NOW)
        assert it.pauses(NOW)[A].until == NOW + 9 * SECOND
        assert it.permits([A], NOW + SECOND) == [False]
        assert it.permits([A], NOW + 9 * SECOND) == [True]


def test_a_restart_goes_on_with_the_pause() -> None:
    """The next process neither knocks before its end nor begins with short pauses again."""
    first = circuits()
    until = call(first, A, DOWN, now=shut(first)) and first.capacity(NOW).until
    assert until
    posted = list(first.pauses(NOW).values())
    second = circuits()
    second.adopt([*posted, replace(posted[0], operation="gone")])
    assert second.capacity(NOW).until == until
    assert second.permits([A, B], until) == [True, True]
    call(second, A, DOWN, now=until)
    assert second.capacity(until).until == until + 4 * POLICY.first_pause


OUTCOMES = st.sampled_from([None, None, None, DOWN, SLOW, REFUSED, NotAttempted("claim_late")])
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("batch"), st.sampled_from([A, B]), st.integers(1, 6)),
        st.tuples(st.just("end"), OUTCOMES, st.integers(0, 50)),
        st.tuples(st.just("pass"), st.none(), st.integers(1, 1200)),
        st.tuples(st.just("spend"), st.sampled_from([ALL, OF_A]), st.integers(1, 60)),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(EVENTS, st.booleans())
def test_no_more_is_under_way_than_is_allowed(  # noqa: C901
    events: list[tuple[str, object, int]], tea: bool
) -> None:
    """One trial at a time, a ramp no wider than it is, nothing while paused; and an end to all."""
    it, now = circuits(*([TEA] if tea else [])), NOW
    going: list[Permit] = []
    for kind, what, n in events:
        match kind:
            case "batch":
                assert isinstance(what, str)
                entered = [it.acquire(what) for may in it.permits([what] * n, now) if may]
                for permit in entered:
                    if it.veto(permit, now) is None:
                        going.append(permit)
                    else:
                        it.release(permit, NotAttempted("partner_paused"), dossier="D", now=now)
            case "end" if going:
                permit = going.pop(n % len(going))
                assert what is None or isinstance(what, DeliveryFailure)
                it.release(permit, what, dossier=str(n), now=now)
            case "pass":
                now += n * SECOND
            case "spend":
                assert isinstance(what, Quota)
                it.exhausted(what, until=now + n * SECOND, now=now)
        for name, pause in it.pauses(now).items():
            present = [permit for permit in going if permit == (name, generation_of(it, name))]
            if pause.phase == Phase.HALF_OPEN:
                assert len(present) <= 1
            if it._operations[name].circuit.phase is not Phase.CLOSED:
                assert len(present) + it.room(now).get(name, 0) <= POLICY.width
            assert now < pause.expires_at <= max(pause.until, now) + it.holds
        capacity = it.capacity(now)
        assert capacity.until is None or now < capacity.until <= now + timedelta(hours=1)
        if capacity.width == 0:
            assert it.permits([A, B], now) == [False, False]
            assert capacity.until is not None


@pytest.mark.parametrize("restarted", [False, True])
def test_a_pause_outlives_no_clock_that_is_set_back(restarted: bool) -> None:
    """Two days back: the partner is tried within the hour, also by the next process."""
    it = circuits()
    shut(it)
    earlier = NOW - timedelta(days=2)
    if restarted:
        left = list(it.pauses(NOW).values())
        it = circuits()
        it.adopt(left)
    assert not call(it, A, None, now=earlier)
    assert call(it, A, None, now=earlier + timedelta(hours=1))


def test_a_restart_does_not_shorten_what_the_partner_asked_for() -> None:
    """It said half an hour: the next process waits for that, too."""
    it = circuits()
    for n in range(3):
        busy = TransientFailure("partner_busy", retry_after=timedelta(minutes=30))
        call(it, A, busy, dossier=f"D{n}")
    after = circuits()
    after.adopt(list(it.pauses(NOW).values()))
    assert not call(after, A, None, now=NOW + timedelta(minutes=29))
    assert call(after, A, None, now=NOW + timedelta(minutes=30))


def test_what_a_person_drains_is_finished_and_nothing_new_is_claimed() -> None:
    """A pause puts back what was claimed and not called; a pause beside a drain does, too."""
    it = circuits()
    permit = it.acquire(A)
    drain = ClosedPeriod(
        since=NOW, until=NOW + timedelta(hours=1), reason_vi="x", reason_en="x", drains=True
    )
    it.set_person_pauses({A: drain})
    assert it.permits([A, B], NOW) == [False, True]
    assert it.veto(permit, NOW) is None
    it.set_person_pauses({A: drain, "": replace(drain, drains=False)})
    assert it.veto(permit, NOW) == timedelta(hours=1)
    it.set_person_pauses({})
    assert it.permits([A], NOW) == [True]
