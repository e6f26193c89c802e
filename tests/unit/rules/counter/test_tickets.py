"""The day of a ticket's number is one of the ward, and a label is read as it was written."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.messages.local_time import LOCAL
from hub.rules.counter.tickets import label, office_day, read_label

_FIRST = datetime(2018, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 80 * 365 * 86_400).map(lambda it: _FIRST + timedelta(seconds=it))


@given(MOMENTS)
def test_a_day_begins_at_seventeen_utc(moment: datetime) -> None:
    """Vietnam has no summer time: its day is that of UTC seven hours later."""
    assert office_day(moment) == (moment + timedelta(hours=7)).date()


@given(MOMENTS)
def test_a_day_does_not_depend_on_the_zone_of_the_clock(moment: datetime) -> None:
    """A process whose clock is in another zone gives numbers of the same day."""
    assert office_day(moment.astimezone(LOCAL)) == office_day(moment)


@given(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), st.integers(1, 99_999))
def test_a_label_is_read_as_it_was_written(series: str, number: int) -> None:
    """Small letters and spaces around are a person's, not another ticket."""
    assert read_label(label(series, number)) == (series, number)
    assert read_label(f" {label(series, number).lower()} ") == (series, number)


@given(st.text(max_size=12))
def test_what_is_no_label_is_none(text: str) -> None:
    """Whatever is typed at a kiosk is a label or nothing, never an error."""
    found = read_label(text)
    assert found is None or text.strip().upper() == f"{found[0]}{text.strip()[1:]}"
