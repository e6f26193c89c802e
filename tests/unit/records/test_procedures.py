"""The procedures: packaged data, versions by day, codes in every form."""

from datetime import date
from pathlib import Path

import pytest

from hub.messages.invalid import InvalidMessage
from hub.records.registers import procedures
from hub.records.registers.procedures import Unit

CATALOGUE = procedures.load()
PILOT = date(2018, 8, 1)
PAPER = '{ code = "A", name = "Đơn" }'


def write(folder: Path, *entries: str) -> Path:
    (folder / "procedures").mkdir()
    sectors = '[[sector]]\ncode = "G07-LĐ03"\nname = "Bảo trợ xã hội"\n'
    (folder / "sectors.toml").write_text(sectors, encoding="utf-8")
    text = 'sector = "G07-LĐ03"\n' + "".join(entries)
    (folder / "procedures" / "a.toml").write_text(text, encoding="utf-8")
    return folder


def entry(
    valid: str = "valid_from = 2018-01-01",
    *,
    time: str = '{ unit = "working_day", amount = 3 }',
    papers: str = PAPER,
) -> str:
    return (
        '[[procedure]]\ncode = "1.000001"\nname = "Thử"\nlevel = "ward"\nsource = "a test"\n'
        f"{valid}\ntime = {time}\ncomponents = [{papers}]\n"
    )


def test_five_sectors_of_the_pilot() -> None:
    """Each of the pilot's sectors has a procedure in force during the pilot."""
    sectors = {
        version.sector: version.sector_name
        for version in CATALOGUE
        if version.is_valid_on(date(2018, 7, 24)) and version.is_valid_on(date(2018, 9, 15))
    }
    assert sectors == {
        "G15-TP03": "Chứng thực",
        "G15-TP07": "Hộ tịch",
        "G07-LĐ03": "Bảo trợ xã hội",
        "G13-TN02": "Đất đai",
        "G09-NV08": "Thi đua - khen thưởng",
    }
    assert {code: sector.name for code, sector in CATALOGUE.sectors.items()} == sectors


def test_inter_level_sectors() -> None:
    """Only social protection and land go to the town, and each has such a procedure in 2018."""
    found = {version.sector for version in CATALOGUE if version.inter_level}
    assert found == {"G07-LĐ03", "G13-TN02"}
    assert procedures.find("1.001776", on=PILOT, catalogue=CATALOGUE).inter_level
    assert procedures.find("2.000880", on=PILOT, catalogue=CATALOGUE).inter_level


@pytest.mark.parametrize(
    "code",
    [
        "2.000815",
        "2.000815.000.00.00.H57",
        "2.000815.000.00.00.H57.02",
        "2.000815.H57",
        "2.000815.01",
    ],
)
def test_local_codes_find_the_national_entry(code: str) -> None:
    """The agency, service or case behind a national code does not hide the procedure."""
    found = procedures.find(code, on=PILOT, catalogue=CATALOGUE)
    assert found.name == "Chứng thực bản sao từ bản chính"
    assert (found.code, found.time.unit) == ("2.000815", Unit.SAME_DAY)


@pytest.mark.parametrize("code", ["9.999999", "2.00081", "2.0008155", "", "chứng thực"])
def test_unknown_codes(code: str) -> None:
    """A code without an entry is invalid, never guessed."""
    with pytest.raises(InvalidMessage) as caught:
        procedures.find(code, on=PILOT, catalogue=CATALOGUE)
    assert caught.value.code == "procedure_unknown"


def test_land_codes_change_with_the_law() -> None:
    """The land codes of 2018 end with July 2024; those of the new law begin then."""
    procedures.find("2.000880", on=date(2024, 7, 31), catalogue=CATALOGUE)
    procedures.find("1.012781", on=date(2024, 8, 1), catalogue=CATALOGUE)
    for code, day in (("2.000880", date(2024, 8, 1)), ("1.012781", date(2024, 7, 31))):
        with pytest.raises(InvalidMessage):
            procedures.find(code, on=day, catalogue=CATALOGUE)


def test_the_version_of_the_reception_day(tmp_path: Path) -> None:
    """A procedure that changed is found as it was on the day."""
    old = entry("valid_from = 2016-01-01\nvalid_to = 2018-06-30")
    new = entry("valid_from = 2018-07-01", time='{ unit = "working_day", amount = 5 }')
    catalogue = procedures.load(write(tmp_path, new, old))
    before = procedures.find("1.000001", on=date(2018, 6, 30), catalogue=catalogue)
    after = procedures.find("1.000001", on=date(2018, 7, 1), catalogue=catalogue)
    assert (before.time.amount, after.time.amount) == (3, 5)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([entry(), entry("valid_from = 2019-01-01")], "two versions"),
        ([entry("valid_from = 2018-01-01\nvalid_to = 2017-01-01")], "ends before"),
        ([entry(papers=f"{PAPER}, {PAPER}")], "same code"),
        ([entry('valid_from = 2018-01-01\nassumed = ["tine"]')], "assumed names"),
        ([entry(time='{ unit = "same_day", amount = 2 }')], "the same day has no amount"),
        ([entry(time='{ unit = "working_day" }')], "the same day has no amount"),
        ([entry("valid_from = 2018-01-01\nvaild_to = 2019-01-01")], "vaild_to"),
        ([entry(papers="")], "components"),
        (['sector = "twice"'], "a.toml"),
    ],
)
def test_broken_data_stop_the_start(tmp_path: Path, entries: list[str], reason: str) -> None:
    """Contradictions and mistyped fields are found when loading, with their place."""
    with pytest.raises(procedures.CatalogueBroken, match=reason):
        procedures.load(write(tmp_path, *entries))


def test_unknown_sector_stops_the_start(tmp_path: Path) -> None:
    """A file of procedures must belong to a known sector."""
    folder = write(tmp_path, entry())
    path = folder / "procedures" / "a.toml"
    path.write_text(path.read_text("utf-8").replace("LĐ03", "LD03"), encoding="utf-8")
    with pytest.raises(procedures.CatalogueBroken, match="no sector"):
        procedures.load(folder)
