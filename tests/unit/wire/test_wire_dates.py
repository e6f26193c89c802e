"""Times are read in the forms of the profile, and only where one reading is possible."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.provincial.comparison.times import in_our_form
from adapters.provincial.profile import shipped
from adapters.provincial.protocol.protocol import Result
from adapters.town_center.callbacks.reading import read_moment
from adapters.wire.dates import DateReader
from adapters.wire.profile import Dates

HUE = timezone(timedelta(hours=7))
FORMS = ("%Y%m%d%H%M%S", "%d/%m/%Y %H:%M", "iso")
AT = datetime(2018, 7, 24, 8, 30, tzinfo=HUE)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("20180724083000", AT),
        (" 20180724083000 ", AT),
        ("24/07/2018 08:30", AT),
        ("2018-07-24T08:30:00", AT),
        ("2018-07-24T01:30:00Z", AT),
        ("201807240830", None),
        ("24/7/2018 8:30", None),
        ("20181324083000", None),
        ("", None),
    ],
)
def test_a_time_is_read_in_a_form_of_the_profile(text: str, read: datetime | None) -> None:
    """Exactly as the form writes it: a minute is never read into seconds that are not there."""
    assert DateReader(Dates(forms=FORMS)).read(text) == read


def test_a_time_of_another_zone_becomes_ours() -> None:
    """A province whose database keeps UTC and writes no offset."""
    reader = DateReader(Dates(forms=FORMS, zone="UTC"))
    assert reader.read("20180724013000") == datetime(2018, 7, 24, 1, 30, tzinfo=UTC)
    ours = ZoneInfo("Asia/Ho_Chi_Minh")
    assert reader.rewritten("20180724013000", FORMS[0], ours) == "20180724083000"


def test_what_two_forms_read_differently_is_not_read() -> None:
    """Day first or month first: nobody can tell."""
    reader = DateReader(Dates(forms=("%d/%m/%Y", "%m/%d/%Y")))
    assert reader.read("07/08/2018") is None
    assert reader.read("24/07/2018") is not None
    assert reader.read("07/07/2018") is not None


@given(st.text(max_size=20))
def test_any_text_is_read_or_left_as_it_is(text: str) -> None:
    """No text breaks the reading of a reply."""
    reader = DateReader(Dates(forms=FORMS))
    found = reader.rewritten(text, FORMS[0], ZoneInfo("Asia/Ho_Chi_Minh"))
    assert found == text or reader.read(text) is not None


def test_a_look_up_is_rewritten_in_its_times_alone() -> None:
    """Dossier and steps; what is no time stays, also where it looks like one."""
    dates = DateReader(Dates(forms=FORMS))
    dossier = {"MaHoSo": "24/07/2018 08:30", "NgayTiepNhan": "24/07/2018 08:30", "NgayTra": ""}
    steps = [{"ThoiDiemXuLy": "2018-07-24T01:30:00Z", "NguoiXuLy": None}]
    found = in_our_form(Result(code="0", message="", dossier=dossier, steps=steps), dates)
    assert found.dossier == dossier | {"NgayTiepNhan": "20180724083000"}
    assert found.steps == [{"ThoiDiemXuLy": "20180724083000", "NguoiXuLy": None}]


def test_the_shipped_forms_change_nothing() -> None:
    """What the contract writes stays letter for letter."""
    dates = DateReader(shipped().dates)
    dossier = {"NgayTiepNhan": "20180724083000"}
    found = in_our_form(Result(code="0", message="", dossier=dossier, steps=[]), dates)
    assert found.dossier == dossier


def test_the_town_reads_the_forms_of_its_profile() -> None:
    """And ISO 8601 in any case."""
    dates = DateReader(Dates(forms=("%d/%m/%Y %H:%M",), zone="UTC"))
    assert read_moment("24/07/2018 01:30", dates) == AT
    assert read_moment("2018-07-24T08:30:00+07:00", dates) == AT
    assert read_moment("sáng", dates) is None
