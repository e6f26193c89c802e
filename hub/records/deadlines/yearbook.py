"""The years of the working calendar: the `holidays` library plus what the ward has confirmed.

The library computes the holidays, their substitutes and the swaps that it knows. A year counts
only when `data/calendar.toml` names it: somebody has compared it with the days announced for state
offices, and the number of weekdays off still agrees. So a new release of the library cannot shift
a due date unseen. A year that is only computed is `provisional`.
"""

from collections.abc import Iterable
from datetime import date, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

if TYPE_CHECKING:
    from holidays.countries.vietnam import Vietnam

DATA = Path(__file__).parents[1] / "data"


class CalendarBroken(ValueError):
    """The calendar's data contradict themselves or the library; nothing may start with them."""


class YearState(StrEnum):
    """How much a year's days can be relied on."""

    CONFIRMED = "confirmed"
    """Compared with the announced days off and make-up days."""
    PROVISIONAL = "provisional"
    """Follows from the law; swaps and the shape of Tết are not announced yet."""


class YearEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One year of `calendar.toml`."""

    year: Annotated[int, Meta(ge=1995, le=2100)]
    state: YearState
    weekdays_off: int
    """How many days from Monday to Friday are off; the check against the library."""
    source: str
    also_off: tuple[date, ...] = ()
    """Days off that the library does not know."""
    also_working: tuple[date, ...] = ()
    """Working days that the library does not know: made-up weekend days, or no holiday."""


class OfficeHours(Struct, frozen=True, forbid_unknown_fields=True):
    """When the office works, from a day on; `sessions` are in order and do not overlap."""

    valid_from: date
    sessions: Annotated[tuple[tuple[time, time], ...], Meta(min_length=1)]
    source: str


class Yearbook(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    office_hours: Annotated[tuple[OfficeHours, ...], Meta(min_length=1)]
    year: Annotated[tuple[YearEntry, ...], Meta(min_length=1)]


def read(folder: Path = DATA) -> Yearbook:
    """Return the maintained data; raises CalendarBroken."""
    try:
        book = msgspec.toml.decode((folder / "calendar.toml").read_bytes(), type=Yearbook)
    except msgspec.DecodeError as error:
        raise CalendarBroken(f"calendar.toml: {error}") from None
    if len({entry.year for entry in book.year}) < len(book.year):
        raise CalendarBroken("calendar.toml names a year twice")
    for hours in book.office_hours:
        flat = [moment for session in hours.sessions for moment in session]
        if flat != sorted(set(flat)):
            raise CalendarBroken(f"office hours from {hours.valid_from} are not in order")
    return book


def working_days(entries: Iterable[YearEntry]) -> dict[int, frozenset[date]]:
    """Return the working days of each year; raises CalendarBroken where the check fails."""
    by_year = {entry.year: entry for entry in entries}
    if not by_year:
        return {}
    # A swap is filed under the year of the day off; the made-up Saturday may lie in the next one.
    years = range(min(by_year) - 1, max(by_year) + 2)
    # Only what computes due dates needs the library; a command that prints a time does not.
    from holidays.countries.vietnam import Vietnam

    computed = Vietnam(years=years, expand=False)  # type: ignore[no-untyped-call]
    return {year: _year(entry, computed) for year, entry in by_year.items()}


def _year(entry: YearEntry, computed: "Vietnam") -> frozenset[date]:
    first, after = date(entry.year, 1, 1), date(entry.year + 1, 1, 1)
    days = [first + timedelta(days=n) for n in range((after - first).days)]
    off = frozenset(computed) | frozenset(entry.also_off)
    made_up = frozenset(computed.weekend_workdays) | frozenset(entry.also_working)
    working = frozenset(
        day for day in days if day in made_up or (day.weekday() < 5 and day not in off)
    )
    weekdays_off = sum(day.weekday() < 5 and day not in working for day in days)
    if weekdays_off != entry.weekdays_off:
        raise CalendarBroken(
            f"{entry.year}: {weekdays_off} weekdays are off, {entry.weekdays_off} were confirmed"
        )
    return working
