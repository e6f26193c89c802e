"""The agencies: who stands above whom, and what the reform of 2025 changed."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import ApplicantKind
from hub.records.registers import agencies
from hub.records.registers.procedures import Level
from hub.records.rulebook import Rulebook

DIRECTORY = agencies.load()
WARD = "000.99.01.H57"


@pytest.mark.parametrize(
    ("day", "names"),
    [
        (
            date(2018, 8, 1),
            ["UBND phường Hương Xuân", "UBND thị xã Hương Trà", "UBND tỉnh Thừa Thiên Huế"],
        ),
        (
            date(2025, 6, 30),
            ["UBND phường Hương Xuân", "UBND thị xã Hương Trà", "UBND thành phố Huế"],
        ),
        (date(2025, 7, 1), ["UBND phường Hương Xuân (đơn vị mới)", "UBND thành phố Huế"]),
    ],
)
def test_chain_from_the_ward_upwards(day: date, names: list[str]) -> None:
    """The ward's superiors are those of the day: the town is one of them until June 2025."""
    chain = agencies.chain(WARD, on=day, directory=DIRECTORY)
    assert [agency.name for agency in chain] == names


def test_abolished_level() -> None:
    """Nobody is on the town level after it was abolished."""
    assert agencies.of_level(Level.TOWN, on=date(2025, 6, 30), directory=DIRECTORY)
    assert not agencies.of_level(Level.TOWN, on=date(2025, 7, 1), directory=DIRECTORY)


def test_made_up_identifiers_say_so() -> None:
    """Every identifier but the province's is marked as assumed."""
    for agency in DIRECTORY.entries:
        assert ("id" in agency.assumed) == (agency.level is not Level.PROVINCE)


def test_unknown_agency() -> None:
    """An agency that does not exist on the day is not found."""
    with pytest.raises(LookupError):
        agencies.find(WARD, on=date(2017, 12, 31), directory=DIRECTORY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('parent = "000.00.99.H57"', 'parent = "000.00.98.H57"'),
        ('parent = "000.00.99.H57"', 'parent = "000.99.01.H57"'),
        ("valid_to = 2025-06-30", "valid_to = 2025-07-01"),
        ("valid_to = 2025-06-30", "valid_to = 2017-06-30"),
        ('level = "ward"', 'level = "quarter"'),
        ("valid_to = 2024-12-31", "valid_to = 2020-12-31"),
    ],
)
def test_broken_data_stop_the_start(tmp_path: Path, old: str, new: str) -> None:
    """Missing superiors, overlapping entries and unknown levels are found when loading."""
    text = (agencies.DATA / "agencies.toml").read_text(encoding="utf-8")
    (tmp_path / "agencies.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(agencies.DirectoryBroken):
        agencies.load(tmp_path)


@pytest.mark.parametrize("kind", list(ApplicantKind))
def test_an_applicant_that_the_town_has_no_code_for_is_refused_at_the_counter(
    kind: ApplicantKind,
) -> None:
    """Told before the dossier goes anywhere; what stays in the ward takes every applicant."""
    rules = Rulebook.load()
    at = datetime(2018, 8, 6, 3, tzinfo=UTC)
    land = next(p for p in rules.catalogue if p.inter_level and p.valid_from <= at.date())
    own = next(p for p in rules.catalogue if not p.inter_level)
    rules.check_applicant(own, kind, at)
    if kind in {ApplicantKind.CITIZEN, ApplicantKind.ENTERPRISE}:
        rules.check_applicant(land, kind, at)
    else:
        with pytest.raises(InvalidMessage, match="applicant_not_taken"):
            rules.check_applicant(land, kind, at)
