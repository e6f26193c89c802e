"""Maintenance windows and quotas: held against a slow, plain reading of the same entries."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.messages.local_time import LOCAL
from hub.rules.calls import call_limits as m
from hub.rules.calls.call_limits import CallLimits, ClosedPeriod, Dated, Day, Quota, Weekly

MONDAY = date(2018, 8, 6)
DAYS = tuple(Day)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def on(day: int, clock: str, zone: timedelta = timedelta(hours=7)) -> datetime:
    """Return a moment of the week of MONDAY (0 is that Monday), by the clock of Hue."""
    local = datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(clock), LOCAL)
    return local.astimezone(UTC if not zone else LOCAL)


def weekly(
    days: str,
    starts: str,
    ends: str,
    *,
    valid_from: date = date(2018, 1, 1),
    valid_to: date | None = None,
    operation: str = "",
    partner: str = "provincial",
    reason: str = "maintenance",
) -> Weekly:
    """Return a weekly window."""
    return Weekly(
        partner=partner,
        operation=operation,
        reason_vi=f"{reason} (vi)",
        reason_en=reason,
        valid_from=valid_from,
        valid_to=valid_to,
        source="made up",
        days=tuple(Day(day) for day in days.split()),
        starts=time.fromisoformat(starts),
        ends=time.fromisoformat(ends),
    )


def dated(starts: datetime, ends: datetime, *, valid_to: date | None = None) -> Dated:
    """Return a window that is once."""
    return Dated(
        partner="provincial",
        reason_vi="nâng cấp",
        reason_en="upgrade",
        valid_from=date(2018, 1, 1),
        valid_to=valid_to,
        source="made up",
        starts=starts,
        ends=ends,
    )


def quota(calls: int, **changed: object) -> Quota:
    """Return a quota."""
    plain = {
        "partner": "provincial",
        "reason_vi": "giới hạn",
        "reason_en": "limit",
        "valid_from": date(2018, 1, 1),
        "source": "made up",
        "calls": calls,
    }
    return Quota(**{**plain, **changed})  # type: ignore[arg-type]


def closed(at: datetime, *windows: Weekly | Dated, operation: str = "x") -> ClosedPeriod | None:
    """Ask about one operation of the province."""
    return m.closed_window(CallLimits(windows=windows), "provincial", operation, at=at)


def until(at: datetime, *windows: Weekly | Dated) -> datetime | None:
    """Return until when it is closed."""
    found = closed(at, *windows)
    return found.until if found else None


SATURDAY_NIGHT = weekly("sat", "22:00", "02:00")


@pytest.mark.parametrize(
    ("at", "shut"),
    [
        (on(5, "21:59:59.999999"), False),
        (on(5, "22:00"), True),
        (on(6, "00:00"), True),
        (on(6, "01:59:59.999999"), True),
        (on(6, "02:00"), False),
        (on(6, "22:00"), False),
        (on(4, "23:00"), False),
        (on(5, "01:00"), False),
        (on(-1, "01:00"), True),
        (on(5, "22:00", zone=timedelta()), True),
    ],
)
def test_a_window_over_midnight_and_the_end_of_the_week(at: datetime, shut: bool) -> None:
    """It belongs to the day on which it starts; its start is within and its end is not."""
    assert (closed(at, SATURDAY_NIGHT) is not None) is shut
    if shut:
        sunday = on(6, "02:00") if at > on(0, "00:00") else on(-1, "02:00")
        assert until(at, SATURDAY_NIGHT) == sunday


def test_a_window_over_the_end_of_the_week_and_of_the_year() -> None:
    """Sunday to Monday; the year makes no difference."""
    night = weekly("sun mon", "23:00", "01:00")
    assert until(on(6, "23:30"), night) == on(7, "01:00")
    assert until(on(0, "00:30"), night) == on(0, "01:00")
    year = datetime(2018, 12, 31, 23, 30, tzinfo=LOCAL)
    assert until(year, night) == datetime(2019, 1, 1, 1, 0, tzinfo=LOCAL)


def test_the_clock_is_that_of_hue_wherever_the_question_comes_from() -> None:
    """17:00 UTC on a Sunday is Monday there."""
    early = weekly("mon", "00:00", "06:00")
    at = datetime(2018, 8, 5, 17, 0, tzinfo=UTC)
    assert until(at, early) == datetime(2018, 8, 5, 23, 0, tzinfo=UTC)
    assert closed(at - TICK, early) is None


def test_a_window_that_ends_as_it_starts_lasts_a_day() -> None:
    """Not no time at all: who writes 00:00 to 00:00 means the day."""
    whole = weekly("wed", "00:00", "00:00")
    assert until(on(2, "00:00"), whole) == on(3, "00:00")
    assert closed(on(3, "00:00"), whole) is None
    assert closed(on(2, "00:00") - TICK, whole) is None


def test_valid_from_and_valid_to_are_days_of_hue_and_both_within() -> None:
    """A window over midnight counts when the day on which it starts does."""
    only = weekly("mon tue wed", "22:00", "02:00", valid_from=MONDAY, valid_to=MONDAY)
    assert closed(on(0, "01:00"), only) is None
    assert closed(on(0, "22:00") - TICK, only) is None
    assert until(on(0, "22:00"), only) == on(1, "02:00")
    assert until(on(1, "01:00"), only) == on(1, "02:00")
    assert closed(on(1, "22:00"), only) is None


def test_a_dated_window_is_once_and_may_be_called_off() -> None:
    """Its days count from where it starts; valid_to before that means that it does not come."""
    once = dated(on(2, "12:00"), on(4, "18:00"))
    assert closed(on(2, "12:00") - TICK, once) is None
    assert until(on(2, "12:00"), once) == on(4, "18:00") == until(on(4, "17:59"), once)
    assert closed(on(4, "18:00"), once) is None
    assert closed(on(9, "13:00"), once) is None
    off = dated(on(2, "12:00"), on(4, "18:00"), valid_to=MONDAY + timedelta(days=1))
    assert closed(on(3, "12:00"), off) is None


def test_a_window_is_of_its_partner_and_operation() -> None:
    """Another partner's is nobody's concern; without an operation it is about all."""
    mine = weekly("mon", "08:00", "09:00", operation="x")
    at = on(0, "08:30")
    assert closed(at, mine, operation="x")
    assert closed(at, mine, operation="y") is None
    assert closed(at, mine, operation="") is None
    assert closed(at, weekly("mon", "08:00", "09:00"), operation="y")
    theirs = weekly("mon", "08:00", "09:00", partner="town_center")
    assert closed(at, theirs) is None
    assert CallLimits(windows=(mine, theirs)).of("town_center") == CallLimits(windows=(theirs,))


def test_windows_that_touch_or_overlap_are_one() -> None:
    """Else the hub would knock at a partner in the middle of its work; the reason is that of the
    entry that is longest shut now."""
    a = weekly("mon", "08:00", "10:00", reason="short")
    b = weekly("mon", "09:00", "12:00", reason="long")
    c = weekly("mon", "12:00", "13:00", reason="next")
    found = closed(on(0, "09:30"), a, b, c)
    assert found is not None
    assert (found.until, found.reason_en) == (on(0, "13:00"), "long")
    assert until(on(0, "08:30"), a, b, c) == on(0, "13:00")


def test_a_partner_that_is_shut_always_is_looked_at_again() -> None:
    """An end is named also when there is none, and it is after now."""
    at = on(0, "08:00")
    always = weekly("mon tue wed thu fri sat sun", "00:00", "00:00")
    found = closed(at, always)
    assert found is not None
    assert found.until > at + timedelta(days=30)
    assert closed(found.until, always) is not None


CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))
NEAR = st.integers(0, 9).map(lambda n: MONDAY + timedelta(days=n))
MOMENTS = st.datetimes(
    datetime.fromisoformat("2018-08-04"),
    datetime.fromisoformat("2018-08-20"),
    timezones=st.sampled_from([UTC, LOCAL]),
)


@st.composite
def weeklies(draw: st.DrawFn) -> Weekly:
    """Draw a weekly window that is valid for ten days at most, so that it ends."""
    first, last = sorted([draw(NEAR), draw(NEAR)])
    days = draw(st.sets(st.sampled_from(DAYS), min_size=1))
    starts, ends = draw(CLOCKS).isoformat(), draw(CLOCKS).isoformat()
    return weekly(" ".join(days), starts, ends, valid_from=first, valid_to=last)


@st.composite
def dateds(draw: st.DrawFn) -> Dated:
    """Draw a window that is once, of up to four days."""
    starts = draw(MOMENTS)
    return dated(starts, starts + draw(st.timedeltas(TICK, timedelta(days=4))))


WINDOWS = st.lists(weeklies() | dateds(), max_size=4)


def shut_plainly(window: Weekly | Dated, at: datetime) -> bool:
    """Say the same as the rule in other words: by the clock on the wall, not by spans."""
    if isinstance(window, Dated):
        return window.starts <= at < window.ends
    local = at.astimezone(LOCAL)
    today, clock = local.date(), local.time()

    def begins_on(day: date) -> bool:
        valid = window.valid_to is not None and window.valid_from <= day <= window.valid_to
        return valid and DAYS[day.weekday()] in window.days

    if window.starts < window.ends:
        return begins_on(today) and window.starts <= clock < window.ends
    evening = begins_on(today) and clock >= window.starts
    return evening or (begins_on(today - timedelta(days=1)) and clock < window.ends)


@settings(deadline=None)
@given(WINDOWS, MOMENTS)
def test_it_is_closed_exactly_within_a_window(windows: list[Weekly | Dated], at: datetime) -> None:
    """Whatever the zone in which the question is asked."""
    found = closed(at, *windows)
    assert (found is not None) == any(shut_plainly(it, at) for it in windows)
    assert found == closed(at.astimezone(UTC), *windows)
    if found:
        assert found.since <= at < found.until


@settings(deadline=None)
@given(WINDOWS, MOMENTS, st.floats(0, 1, exclude_max=True))
def test_its_end_is_after_now_and_outside_every_window(
    windows: list[Weekly | Dated], at: datetime, part: float
) -> None:
    """And it is the first such moment: all that lies between is within one."""
    found = closed(at, *windows)
    if found is None:
        return
    assert found.until > at
    assert not any(shut_plainly(it, found.until) for it in windows)
    last = found.until - TICK
    # a part of a microsecond is rounded, perhaps up to the end itself
    for moment in (min(at + (found.until - at) * part, last), last):
        assert any(shut_plainly(it, moment) for it in windows)


def test_quotas_in_force_are_those_of_the_day_in_hue() -> None:
    """Of the partner, from its first day to its last."""
    mine = quota(5, valid_from=MONDAY, valid_to=MONDAY)
    known = CallLimits(quotas=(mine, quota(6, partner="town_center")))
    for at, found in (
        (on(0, "00:00") - TICK, ()),
        (on(0, "00:00"), (mine,)),
        (on(1, "00:00") - TICK, (mine,)),
        (on(1, "00:00"), ()),
    ):
        assert m.quotas(known, "provincial", at=at) == found
        assert m.quotas(known, "provincial", at=at.astimezone(UTC)) == found


GAPS = st.lists(st.timedeltas(timedelta(), timedelta(minutes=40)), max_size=80)


@settings(deadline=None)
@given(st.integers(1, 25), GAPS, st.integers(1, 30))
def test_a_quota_never_lets_more_through_in_any_sliding_hour(
    calls: int, gaps: list[timedelta], wanted: int
) -> None:
    """Whenever and however many at once are asked for, counted over all hours there are."""
    at, limit = on(0, "08:00"), quota(calls)
    made: list[datetime] = []
    for gap in gaps:
        at += gap
        made += [at] * min(wanted, m.left(limit, made, at=at))
    for end in made:
        assert sum(end - HOUR < when <= end for when in made) <= calls


@settings(deadline=None)
@given(st.integers(1, 40), GAPS)
def test_a_quota_that_is_used_up_lets_go_again_when_it_says(
    calls: int, gaps: list[timedelta]
) -> None:
    """Within the hour, a tenth at least, and for that long it was used up or nearly so."""
    at, limit = on(0, "08:00"), quota(calls)
    made: list[datetime] = []
    for gap in [*gaps, timedelta()]:
        at += gap
        if m.left(limit, made, at=at):
            made.append(at)
        if m.left(limit, made, at=at):
            continue
        free = m.free_at(limit, made, at=at)
        tenth = max(1, calls // 10)
        assert at < free <= at + HOUR
        assert m.left(limit, made, at=free) >= tenth
        assert m.left(limit, made, at=free - TICK) < tenth


def test_the_hour_slides() -> None:
    """It is not the hour of the clock: 10 at 08:59 leave nothing at 09:01."""
    limit, made = quota(10), [on(0, "08:59")] * 10
    assert m.left(limit, made, at=on(0, "09:01")) == 0
    assert m.free_at(limit, made, at=on(0, "09:01")) == on(0, "09:59")
    assert m.left(limit, made, at=on(0, "09:59")) == 10


def test_a_quota_that_was_lowered_lets_nothing_go_and_owes_nothing() -> None:
    """More was called than is allowed by now: none left, not less than none."""
    limit, made = quota(2), [on(0, f"08:0{n}") for n in range(6)]
    assert m.left(limit, made, at=on(0, "08:10")) == 0
    assert m.free_at(limit, made, at=on(0, "08:10")) == on(0, "09:04")
    assert m.left(limit, made, at=on(0, "09:04")) == 1


def test_without_calls_a_quota_is_free_at_once() -> None:
    """What is older than an hour does not count."""
    limit = quota(1)
    assert m.left(limit, [], at=on(0, "08:00")) == 1
    assert m.free_at(limit, [on(0, "06:59")], at=on(0, "08:00")) == on(0, "08:00")
