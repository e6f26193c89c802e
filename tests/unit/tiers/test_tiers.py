"""The division of the tests into processes, and the budgets of the tiers."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiers import division, measured
from tests.tiers.__main__ import BUDGETS, budget

NAMES = st.text("abcdef", min_size=1, max_size=4).map(lambda it: f"tests/unit/test_{it}.py")


@given(st.dictionaries(NAMES, st.floats(0, 100), max_size=12), st.integers(1, 4))
def test_every_file_is_in_exactly_one_group(seconds: dict[str, float], count: int) -> None:
    """A file that no process runs would be a promise without proof."""
    groups = division.balanced(sorted(seconds), seconds, count)
    assert len(groups) == count
    assert sorted(it for group in groups for it in group) == sorted(seconds)


@given(st.dictionaries(NAMES, st.floats(0, 100), min_size=1, max_size=12), st.integers(1, 4))
def test_no_group_is_longer_than_another_by_more_than_a_file(
    seconds: dict[str, float], count: int
) -> None:
    """Then no process waits long for the others."""
    groups = division.balanced(sorted(seconds), seconds, count)
    loads = [sum(seconds[it] for it in group) for group in groups]
    assert max(loads) - min(loads) <= max(seconds.values()) + 1e-9


def test_a_file_that_was_never_measured_has_its_place() -> None:
    """A new file runs in the group with least to do."""
    known = {"tests/unit/test_a.py": 9.0}
    groups = division.balanced([*known, "tests/unit/test_new.py"], known, 2)
    assert groups == [["tests/unit/test_a.py"], ["tests/unit/test_new.py"]]


def test_every_test_file_is_run_by_a_step_of_the_script() -> None:
    """The script names folders, and each file of one that it divides; another would never run.
    `script/test matrix` runs the versions in a module of their own.
    """
    script = Path("script/test").read_text(encoding="utf-8")
    divided = re.findall(r"^foreign=(\S+)\n", script, re.MULTILINE)
    for folder in divided:
        script = script.replace(f"foreign={folder}\n", "").replace("$foreign", folder)
    named = {"tests/matrix", *re.findall(r"(?<![\w/])tests/[a-z/0-9]+(?![\w/.])", script)}
    files = [str(it) for it in Path("tests").rglob("test_*.py")]
    assert len(files) > 100
    named |= {it for it in files if it in script}
    assert divided
    assert [it for it in files if not any(f"{it}/".startswith(f"{at}/") for at in named)] == []


def test_files_that_share_a_long_start_stay_together() -> None:
    """The folder is handed to pytest, and takes as long as what was measured in it."""
    (folder,) = division.TOGETHER
    files = division.test_files(["tests/browser"])
    assert folder in files
    assert not [it for it in files if it.startswith(f"{folder}/")]
    known = {f"{folder}/test_a.py": 30.0, f"{folder}/test_b.py": 30.0, "tests/unit/test_c.py": 40.0}
    groups = division.balanced([folder, "tests/unit/test_c.py", "tests/unit/test_d.py"], known, 2)
    assert groups == [[folder], ["tests/unit/test_c.py", "tests/unit/test_d.py"]]


def test_seconds_are_read_as_they_were_written(tmp_path: Path) -> None:
    """From pytest's report to the file and back."""
    report = tmp_path / "group.xml"
    report.write_text(
        '<testsuites><testsuite><testcase file="tests/a.py" time="1.5"/>'
        '<testcase file="tests/a.py" time="0.25"/></testsuite></testsuites>'
    )
    file = tmp_path / "seconds.toml"
    file.write_text(measured.written(measured.of_reports([report])))
    assert measured.read(file) == {"tests/a.py": 1.8}


def test_what_was_skipped_is_told_with_its_reason(tmp_path: Path) -> None:
    """A test that did not run is no proof, and the run says so."""
    skip = '<skipped type="pytest.skip" message="no IPv6"/>'
    for name in ("a", "b"):
        (tmp_path / f"{name}.xml").write_text(
            f'<testsuites><testsuite><testcase file="tests/{name}.py">{skip}</testcase>'
            f'<testcase file="tests/{name}.py"/></testsuite></testsuites>'
        )
    reports = sorted(tmp_path.glob("*.xml"))
    assert measured.skipped(reports) == {"no IPv6": ["tests/a.py", "tests/b.py"]}


@pytest.mark.parametrize(("more", "told"), [(0, False), (1, True)])
def test_a_tier_that_took_longer_than_its_budget_is_told(
    more: int, told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sentence with both figures; it fails nothing."""
    allowed = tomllib.loads(BUDGETS.read_text(encoding="utf-8"))["unit"]
    budget("unit", allowed + more)
    said = capsys.readouterr().out
    assert (f"unit took {allowed + more} s, its budget is {allowed} s" in said) is told
