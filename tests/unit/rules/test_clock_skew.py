"""Comparing clocks: what one exchange proves, and nothing more."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.clock_skew import A_SECOND, ahead, ahead_by_http

NOON = datetime(2018, 8, 6, 12, tzinfo=UTC)
SHORT = st.timedeltas(timedelta(), timedelta(seconds=30))
SKEWS = st.timedeltas(timedelta(hours=-1), timedelta(hours=1))


@given(SHORT, SHORT)
def test_equal_clocks_never_look_different(before: timedelta, after: timedelta) -> None:
    """However slow the answer is, and wherever in it the other clock was read."""
    said = (NOON + before).replace(microsecond=0)
    sent, received = NOON, NOON + before + after
    assert ahead(said, sent=sent, received=received, exact_to=A_SECOND) == timedelta()


@given(SHORT, SHORT, SKEWS)
def test_the_difference_is_never_exaggerated(
    before: timedelta, after: timedelta, skew: timedelta
) -> None:
    """What is told has the sign of the truth and is at most as large, and not much smaller."""
    sent, received = NOON, NOON + before + after
    told = ahead(NOON + before + skew, sent=sent, received=received)
    assert abs(told) <= abs(skew)
    assert abs(told) >= abs(skew) - (received - sent)
    assert told * skew.total_seconds() >= timedelta()


def test_the_header_of_a_reply_is_read_and_nonsense_is_not() -> None:
    """A Date ten minutes off is told; without one, with a broken one or from a cache nothing is."""
    date = format_datetime(NOON + timedelta(minutes=10), usegmt=True)
    assert ahead_by_http(date, sent=NOON, received=NOON) == timedelta(minutes=10)
    past = format_datetime(NOON - timedelta(minutes=10), usegmt=True)
    assert ahead_by_http(past, sent=NOON, received=NOON) == -timedelta(minutes=10) + A_SECOND
    endless = f"Fri, 31 Dec {'9' * 20} 23:59:59 GMT"
    for text in ("", "yesterday", "Mon, 99 Aug 2018 12:00:00 GMT", "Mon, 06 Aug 2018", endless):
        assert ahead_by_http(text, sent=NOON, received=NOON) is None
    assert ahead_by_http(date, sent=NOON, received=NOON, age="600") is None
