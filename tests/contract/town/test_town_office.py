"""The simulated town's work: which steps, in which working time."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.town_center.simulator.office import (
    Step,
    first_steps,
    later_steps,
    result_document,
    until,
)
from adapters.town_center.simulator.working_time import add_working, working_between
from hub.messages.local_time import LOCAL
from hub.messages.payloads import TownStep

NUMBER = "000.99.02.H57-180724-0001"
moments = st.datetimes(datetime(2018, 1, 1), datetime(2019, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=LOCAL)
)
amounts = st.integers(0, 500 * 3600).map(lambda seconds: timedelta(seconds=seconds))


def at(day: int, hour: int, minute: int = 0, *, month: int = 7) -> datetime:
    return datetime(2018, month, day, hour, minute, tzinfo=LOCAL)


@given(moments, amounts)
def test_adding_working_time_and_measuring_it_agree(start: datetime, amount: timedelta) -> None:
    """What was added lies between; the end is within working hours."""
    end = add_working(start, amount)
    assert working_between(start, end) == amount
    assert end >= start
    assert end.weekday() < 5


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (at(24, 10), 1, at(24, 11)),
        (at(24, 11), 1, at(24, 14)),
        (at(24, 16), 2, at(25, 8)),
        (at(27, 16), 2, at(30, 8)),
        (at(28, 9), 1, at(30, 8)),
        (at(24, 8), 8, at(25, 8)),
    ],
    ids=["morning", "over lunch", "over night", "over the weekend", "from saturday", "one day"],
)
def test_lunch_nights_and_weekends_do_not_count(start: datetime, hours: int, end: datetime) -> None:
    """Eight hours a day, Monday to Friday."""
    assert add_working(start, timedelta(hours=hours)) == end


def story(seed: int = 0, share: float = 0.0, number: str = NUMBER) -> list[Step]:
    return first_steps(
        number, transferred=at(24, 10), due=at(4, 17, month=9), seed=seed, supplement_share=share
    )


@given(st.integers(0, 10_000))
def test_a_dossier_ends_in_time_step_by_step(seed: int) -> None:
    """Accepted first, ended last, each step after the one before, before the due date."""
    steps = story(seed)
    assert (steps[0].step, steps[-1].step) == (TownStep.ACCEPTED, TownStep.ENDED)
    times = [step.at for step in steps]
    assert times == sorted(set(times))
    assert at(24, 10) < times[0]
    assert times[-1] < at(4, 17, month=9)


@given(st.integers(0, 10_000))
def test_after_a_supplement_the_new_due_date_counts(seed: int) -> None:
    """The second round begins with the supplement and ends before the new date."""
    assert story(seed, share=1.0)[-1].step is TownStep.AWAITING_SUPPLEMENT
    steps = later_steps(NUMBER, supplied=at(6, 9, month=8), due=at(14, 17, month=9), seed=seed)
    assert (steps[0].step, steps[-1].step) == (TownStep.SUPPLEMENTED, TownStep.ENDED)
    assert at(6, 9, month=8) < steps[0].at < steps[-1].at < at(14, 17, month=9)


def test_a_story_follows_from_number_and_seed() -> None:
    """Two runs tell the same; another seed or number tells another."""
    assert story(3) == story(3)
    assert len({tuple(story(seed)) for seed in range(5)}) > 1
    assert story(3) != story(3, number=NUMBER.replace("0001", "0002"))


def test_the_share_of_supplements_is_kept() -> None:
    """A share of 0.2 asks about one dossier in five for more."""
    numbers = [NUMBER.replace("0001", f"{n:04d}") for n in range(1000)]
    asked = [n for n in numbers if story(1, 0.2, n)[-1].step is TownStep.AWAITING_SUPPLEMENT]
    assert 150 < len(asked) < 250


def test_what_lies_after_the_last_day_is_not_told() -> None:
    """A land dossier of late August is still at work on the day of the opening."""
    opening = at(15, 17, month=9)
    steps = first_steps(
        NUMBER,
        transferred=at(27, 9, month=8),
        due=at(8, 17, month=10),
        seed=0,
        supplement_share=0,
    )
    told = until(steps, opening)
    assert 0 < len(told) < len(steps)
    assert TownStep.ENDED not in {step.step for step in told}
    assert until(steps, None) == steps


def test_a_dossier_handed_over_after_its_due_date_still_has_an_order() -> None:
    """Late is late, but steps never share a moment."""
    steps = first_steps(NUMBER, transferred=at(24, 10), due=at(20, 17), seed=0, supplement_share=0)
    times = [step.at for step in steps]
    assert times == sorted(set(times))


def test_a_result_is_a_small_pdf_of_its_dossier() -> None:
    """Its cross-reference table points at its objects, so a viewer opens it."""
    document = result_document(NUMBER, at(24, 10))
    assert document.startswith(b"%PDF-1.4\n")
    assert NUMBER.encode() in document
    start = int(document.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    table = document[start:].splitlines()
    count = int(table[1].split()[1])
    for index, line in enumerate(table[3 : 2 + count], start=1):
        assert document[int(line[:10]) :].startswith(b"%d 0 obj" % index)
    assert document != result_document(NUMBER.replace("0001", "0002"), at(24, 10))
