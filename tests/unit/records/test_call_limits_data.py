"""The data of partners' call limits: read as written, and refused with file, place and reason."""

from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest

from hub.messages.catalog import CATALOG, PARTNERS
from hub.records.registers import call_limits
from hub.records.registers.call_limits import CallLimitsBroken
from hub.rules.calls.call_limits import CallLimits, Dated, Day, Weekly

PLAIN = """\
partner = "provincial"
reason_vi = "Bảo trì."
reason_en = "Maintenance."
valid_from = 2018-08-01
source = "Made up."
"""
WEEKLY = f'[[weekly]]\n{PLAIN}days = ["sat", "sun"]\nstarts = 22:00:00\nends = 02:00:00\n'
DATED = f"[[dated]]\n{PLAIN}starts = 2018-09-01T12:00:00+07:00\nends = 2018-09-01T18:00:00+07:00\n"
QUOTA = f"[[quota]]\n{PLAIN}calls = 3000\n"


def load(path: Path, text: str) -> CallLimits:
    """Return what a file with this text says."""
    file = path / "of_ours.toml"
    file.write_text(text, encoding="utf-8")
    return call_limits.load(file)


def refused(path: Path, text: str) -> str:
    """Return with which words a file is refused."""
    with pytest.raises(CallLimitsBroken) as caught:
        load(path, text)
    return str(caught.value)


def test_the_packaged_file_holds_nothing_in_force() -> None:
    """Nothing is agreed with anybody: no release may pause a partner by itself."""
    assert call_limits.load() == CallLimits()


def test_the_packaged_examples_are_right(tmp_path: Path) -> None:
    """Who takes the comment signs away gets what the comments say."""
    lines = call_limits.DATA.read_text(encoding="utf-8").splitlines()
    first = lines.index(next(it for it in lines if it.startswith("# [[")))
    examples = "\n".join(line.removeprefix("#").strip() for line in lines[first:])
    found = load(tmp_path, examples)
    assert [type(it) for it in found.windows] == [Weekly, Dated]
    assert [it.calls for it in found.quotas] == [3000]


def test_all_kinds_are_read_as_written(tmp_path: Path) -> None:
    """Days, local times, moments with their zone, and a number."""
    of_one = QUOTA.replace("calls", 'operation = "province.dossier"\ncalls')
    found = load(tmp_path, WEEKLY + DATED + QUOTA + of_one)
    week, once = found.windows
    assert isinstance(week, Weekly)
    assert (week.days, week.starts, week.ends) == ((Day.SAT, Day.SUN), time(22), time(2))
    assert (week.valid_from, week.valid_to, week.operation) == (date(2018, 8, 1), None, "")
    assert isinstance(once, Dated)
    hue = timezone(timedelta(hours=7))
    assert once.starts == datetime(2018, 9, 1, 12, tzinfo=hue)
    assert [it.operation for it in found.quotas] == ["", "province.dossier"]
    assert [it.calls for it in found.quotas] == [3000, 3000]


@pytest.mark.parametrize("type", [it for it in CATALOG if it.reader in PARTNERS])
def test_every_operation_of_a_partner_can_be_named(tmp_path: Path, type: object) -> None:
    """And none of another partner."""
    name, reader = type.name, type.reader  # type: ignore[attr-defined]
    for partner in sorted(PARTNERS):
        text = QUOTA.replace("provincial", partner) + f'operation = "{name}"\n'
        if partner == reader:
            assert load(tmp_path, text).quotas[0].operation == name
        else:
            assert f"quota[0] ({partner}" in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        (QUOTA.replace("provincial", "district"), "quota[0]", "partners are"),
        (QUOTA + 'operation = "province.dosier"', "quota[0]", "operations are province.dossier"),
        (QUOTA.replace("3000", "-1"), "quota[0]", "below one call"),
        (QUOTA.replace("3000", "0"), "quota[0]", "below one call"),
        (QUOTA.replace("3000", '"many"'), "$.quota[0].calls", "Expected `int`"),
        (QUOTA.replace("Bảo trì.", " "), "quota[0]", "a reason in both languages"),
        (WEEKLY.replace("Maintenance.", ""), "weekly[0]", "a reason in both languages"),
        (QUOTA + "valid_to = 2018-07-31", "quota[0]", "ends before it begins"),
        (QUOTA + "calls_a_day = 7", "$.quota[0]", "unknown field `calls_a_day`"),
        (QUOTA.replace("[quota]", "[quotas]"), "", "unknown field `quotas`"),
        (QUOTA.replace('source = "Made up."', ""), "$.quota[0]", "missing required field `source`"),
        (WEEKLY.replace('"sat", "sun"', ""), "weekly[0]", "needs a day"),
        (WEEKLY.replace("sun", "sunday"), "$.weekly[0].days[1]", "sunday"),
        (WEEKLY.replace("22:00:00", "22:00:00+07:00"), "line 8", ""),
        (WEEKLY.replace("22:00:00", "24:00:00"), "line 8", ""),
        (DATED.replace("18:00", "11:00"), "dated[0]", "ends before it starts"),
        (DATED.replace("18:00", "12:00"), "dated[0]", "ends before it starts"),
        (DATED.replace("+07:00", ""), "dated[0]", "times with a zone"),
        (DATED.replace("+07:00", "+25:00"), "line 7", ""),
        (DATED.replace("2018-09-01", "2018-09-31"), "line 7", "date"),
        (DATED.replace("2018-08-01", "2018-09-02"), "dated[0]", "before it is valid"),
        (DATED.replace("2018-09-01T12", "0001-01-01T00"), "dated[0]", "before it is valid"),
        (WEEKLY + QUOTA + QUOTA, "quota[1]", "quota[0] is in force as well"),
        (WEEKLY + DATED + QUOTA.replace("3000", "-1"), "quota[0]", "below one call"),
        (WEEKLY + DATED + DATED.replace("+07:00", ""), "dated[1]", "times with a zone"),
        ("[[quota]\n", "line 1", ""),
    ],
)
def test_what_contradicts_itself_is_refused(
    tmp_path: Path, text: str, place: str, reason: str
) -> None:
    """With the file, the entry and the reason: it is read by who wrote it, in a hurry."""
    words = refused(tmp_path, text)
    assert words.startswith("of_ours.toml: ")
    assert place in words
    assert reason in words


def test_the_entry_is_named_also_by_its_reason(tmp_path: Path) -> None:
    """Counting entries is tedious; what it was for is known."""
    assert "quota[0] (provincial, 'Maintenance.')" in refused(tmp_path, QUOTA.replace("3000", "0"))


def test_windows_may_overlap(tmp_path: Path) -> None:
    """That is no contradiction: the partner is shut while any of them says so."""
    assert len(load(tmp_path, WEEKLY + WEEKLY + DATED + DATED).windows) == 4


@pytest.mark.parametrize(
    "second",
    [
        QUOTA + 'operation = "province.dossier"\n',
        QUOTA.replace("provincial", "town_center"),
        QUOTA.replace("2018-08-01", "2018-09-01"),
    ],
)
def test_quotas_may_follow_and_complete_one_another(tmp_path: Path, second: str) -> None:
    """One for all and one for an operation both hold; one that has ended gives way to the next."""
    ended = QUOTA + "valid_to = 2018-08-31\n"
    assert len(load(tmp_path, ended + second).quotas) == 2


@pytest.mark.parametrize("day", ["2018-08-31", "2018-07-01"])
def test_two_quotas_of_the_same_are_refused(tmp_path: Path, day: str) -> None:
    """Both would hold, so the one that was forgotten to be ended might go on stopping calls;
    whichever is written first."""
    ended, other = QUOTA + "valid_to = 2018-08-31\n", QUOTA.replace("2018-08-01", day)
    assert "quota[1]" in refused(tmp_path, ended + other)
    assert "quota[1]" in refused(tmp_path, other + ended)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1258"])
def test_a_file_in_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    """Editors on the ward's machines write them."""
    file = tmp_path / "of_ours.toml"
    file.write_bytes(QUOTA.replace("Bảo trì.", "Ban đêm.").encode(encoding))
    with pytest.raises(CallLimitsBroken, match=r"^of_ours\.toml: .*UTF-8"):
        call_limits.load(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A wrong HUB_CALL_LIMITS_FILE must not look like a partner without limits."""
    with pytest.raises(CallLimitsBroken, match=r"^of_ours\.toml: "):
        call_limits.load(tmp_path / "of_ours.toml")
