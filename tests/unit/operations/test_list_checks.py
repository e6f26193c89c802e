"""Whether a list is the one that was asked for: of this ward, of that day, whole."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.operations.comparison.lists.checks import (
    Ward,
    as_the_ward_writes,
    check_day,
    is_whole,
    of_this_ward,
    ward_of,
)
from hub.operations.comparison.lists.problems import ListRefused
from hub.operations.comparison.lists.reader import PartnerList
from hub.records.registers import agencies
from hub.store.records.reading.partner_view import DossierView

DAY = date(2018, 8, 6)
AT = datetime(2018, 8, 6, 10, tzinfo=UTC)
OURS = "000.99.01.H57"
ONE, TWO, LOST = (f"{OURS}-180806-000{n}" for n in (1, 2, 9))
LONG = f"{OURS}-20180806-0001"
NEIGHBOUR, PORTAL = "000.98.01.H57-180806-0001", "G09.20-20180806-0092637"
TOWN = "000.00.99.H57-180806-0001"
YESTERDAY = f"{OURS}-180805-0001"


def listing(*numbers: str) -> PartnerList:
    """Return a list."""
    return PartnerList(
        partner="provincial",
        statuses=dict.fromkeys(numbers),
        unread=(),
        exported_at=AT,
        sha256="0" * 64,
    )


def known(*, delivered: bool = True, last_at: datetime = AT) -> DossierView:
    """Return a dossier of the day."""
    return DossierView(
        received_at=datetime(2018, 8, 6, 2, tzinfo=UTC),
        opened=True,
        settled=True,
        delivered=delivered,
        last_at=last_at,
        status=None,
    )


def ward(received: Iterable[str] = (), agency: str = OURS) -> Ward:
    """Return the ward as it is installed."""
    return ward_of(agency, received, agencies.load())


def kept(*numbers: str, here: Iterable[str] = (), **of: str) -> tuple[set[str], int]:
    """Return what is left of a list of numbers, and how many were of others."""
    known_here = dict.fromkeys(here, known())
    left, others = of_this_ward(listing(*numbers), known_here, ward(here, **of))
    return set(left.statuses), others


def test_a_list_that_nobody_filtered_by_ward_is_refused() -> None:
    """It names the filter and the ward's codes; half is not most."""
    with pytest.raises(
        ListRefused, match=r"the ward's codes are 000\.99\.01\.H57 .*filter by the ward"
    ):
        kept(ONE, NEIGHBOUR, "000.97.01.H57-180806-0001")
    assert kept(ONE, NEIGHBOUR) == ({ONE}, 1)


def test_numbers_of_the_national_portal_tell_nothing_of_the_filter() -> None:
    """They may be the ward's: a day that was lost here must not be refused for them, and they do
    not hide that the rest is of others."""
    portal = [PORTAL, PORTAL.replace("37", "38")]
    assert kept(LOST, *portal) == ({LOST, *portal}, 0)
    assert kept(*portal) == (set(portal), 0)
    with pytest.raises(ListRefused):
        kept(ONE, *portal, NEIGHBOUR, "000.97.01.H57-180806-0001")


def test_a_single_number_of_another_ward_is_left_out() -> None:
    """Only one that is certainly another's: what the ward knows, what carries a code that its own
    dossiers of the day carry, that of an agency it deals with, or one from elsewhere is kept."""
    assert kept(ONE, TWO, NEIGHBOUR) == ({ONE, TWO}, 1)
    assert kept(ONE, NEIGHBOUR, here=[NEIGHBOUR]) == ({ONE, NEIGHBOUR}, 0)
    assert kept("000.98.01.H57-180806-0002", here=[NEIGHBOUR])[1] == 0
    assert kept(ONE, TWO, PORTAL, TOWN) == ({ONE, TWO, PORTAL, TOWN}, 0)
    assert kept(NEIGHBOUR, agency="000.98.01.H57") == ({NEIGHBOUR}, 0)
    assert kept() == (set(), 0)


@pytest.mark.parametrize(
    ("here", "given", "wanted"),
    [
        ([ONE], LONG, ONE),
        ([LONG], ONE, LONG),
        ([ONE, LONG], LONG, LONG),
        ([], LONG, ONE),  # as the ward writes its numbers
        ([TWO], LONG, ONE),
        ([f"{OURS}-20180806-0002"], ONE, LONG),  # here others give them out
        ([TWO, f"{OURS}-20180806-0003"], LONG, LONG),
        ([], PORTAL, PORTAL),
        ([PORTAL], "G09.20-180806-0092637", PORTAL),
        ([], f"{OURS}-19180806-0001", f"{OURS}-19180806-0001"),
    ],
)
def test_a_number_is_compared_and_told_in_the_wards_form(
    here: list[str], given: str, wanted: str
) -> None:
    """A year of two digits and of four are one dossier: entered in another form it would be sent
    again, as another one."""
    found = as_the_ward_writes(listing(given), dict.fromkeys(here, known()), ward(here))
    assert list(found.statuses) == [wanted]


def test_a_list_of_another_day_is_refused() -> None:
    """It would name everything that was delivered."""
    here, yesterday = {ONE: known()}, listing(YESTERDAY)
    with pytest.raises(ListRefused, match="06/08/2018"):
        check_day(yesterday, here, DAY)
    check_day(yesterday, {}, DAY)
    check_day(yesterday, {ONE: known(delivered=False)}, DAY)
    check_day(listing(LOST), here, DAY)
    online = f"{OURS}-180805-0002"  # its number is from the day before its reception
    check_day(listing(online), here | {online: known()}, DAY)


def test_an_empty_list_is_refused_where_something_was_delivered() -> None:
    """It is a wrong filter; where nothing was delivered it may be true."""
    with pytest.raises(ListRefused, match="no dossier on the list"):
        check_day(listing(), {ONE: known()}, DAY)
    check_day(listing(), {ONE: known(delivered=False)}, DAY)
    check_day(listing(), {}, DAY)


def test_a_list_is_whole_when_it_shows_all_that_was_delivered() -> None:
    """One that lacks a delivered dossier proves nothing, also where that went on since; nor does
    any list of a day of which nothing is known to have been delivered."""
    here = {ONE: known(), TWO: known(last_at=AT.replace(hour=12))}
    assert is_whole(listing(ONE, TWO), here, DAY)
    assert is_whole(listing(ONE, LOST), {ONE: known(), TWO: known(delivered=False)}, DAY)
    for numbers in ((), (ONE,), (TWO, LOST)):
        assert not is_whole(listing(*numbers), here, DAY)
    assert not is_whole(listing(LOST), {}, DAY)
    assert not is_whole(listing(LOST), {ONE: known(delivered=False)}, DAY)


@given(st.lists(st.sampled_from([ONE, TWO, LOST, NEIGHBOUR, PORTAL, TOWN]), unique=True))
def test_no_number_of_the_ward_is_ever_left_out(numbers: list[str]) -> None:
    """Whatever else is on the list: it is used with all of them, or refused."""
    try:
        left, others = kept(*numbers)
    except ListRefused:
        return
    assert left | {NEIGHBOUR} >= set(numbers)
    assert others == (NEIGHBOUR in numbers)
