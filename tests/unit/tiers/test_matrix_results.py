"""What the matrix counts, keeps and shows: pure, without a service."""

import itertools
from datetime import UTC, datetime
from pathlib import Path

from tests.matrix import kept, table
from tests.matrix.combinations import COMBINATIONS, SLICES, Combination
from tests.matrix.kept import Result
from tests.matrix.programs import Program, Programs
from tests.matrix.run import Outcome, missing, outcome_of

AT = datetime(2026, 11, 28, tzinfo=UTC)
ONE = Combination("3.10", "15", "3.11")
HERE = Programs(
    {"3.10": Program("3.10.8", "r")},
    {"15": Program("15.14", "p")},
    {"3.11": Program("3.11.7", "y")},
)


def result(failed: int = 0) -> Result:
    """Return a result whose slices all passed but for `failed` tests of each."""
    versions = Outcome(1, 0, 5.0, {"rabbitmq": "3.10.8", "postgresql": "15.14", "python": "3.11.7"})
    return Result(AT, {"versions": versions, **{it: Outcome(9, failed, 7.0, {}) for it in SLICES}})


def test_every_pair_of_versions_meets_in_a_combination() -> None:
    """No claim about two programs together is without a run."""
    names = ("rabbitmq", "postgresql", "python")
    for first, second in itertools.combinations(names, 2):
        met = {(getattr(it, first), getattr(it, second)) for it in COMBINATIONS}
        every = (
            {getattr(it, first) for it in COMBINATIONS},
            {getattr(it, second) for it in COMBINATIONS},
        )
        assert met == set(itertools.product(*every))


def test_a_slice_in_which_nothing_ran_has_not_passed() -> None:
    """Neither a skip nor an empty selection is a proof."""
    report = (
        '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'
    )
    assert outcome_of(report.format(3, 0, 0, 0), 1.0).good
    assert not outcome_of(report.format(3, 1, 0, 0), 1.0).good
    assert not outcome_of(report.format(3, 0, 1, 0), 1.0).good
    assert not outcome_of(report.format(3, 0, 0, 3), 1.0).good
    assert not outcome_of(report.format(0, 0, 0, 0), 1.0).good


def test_what_is_missing_is_named_and_not_run() -> None:
    """The row says which versions this machine lacks."""
    lacking = missing(Combination("4.0", "17", "3.11"), HERE)
    assert lacking == ["RabbitMQ 4.0", "PostgreSQL 17"]
    shown = table.cells(Combination("4.0", "17", "3.11"), lacking)
    assert shown[3] == "not run: no RabbitMQ 4.0, no PostgreSQL 17"


def test_a_result_is_used_again_only_for_the_same_code_and_versions(tmp_path: Path) -> None:
    """A newer server or a changed line has to be run."""
    path = tmp_path / "kept.json"
    kept.write(path, result(), "a key")
    assert kept.read(path, "a key") == result()
    assert kept.read(path, "another key") is None
    newer = Programs({"3.10": Program("3.10.9", "r")}, HERE.postgresql, HERE.python)
    assert kept.key(ONE, HERE) != kept.key(ONE, newer)


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    """It is run again, and the earlier success is no longer shown."""
    path = tmp_path / "kept.json"
    kept.write(path, result(), "a key")
    kept.write(path, result(failed=1), "a key")
    assert kept.read(path, "a key") is None


def test_the_readme_gets_the_versions_that_the_servers_named(tmp_path: Path) -> None:
    """What stands around the table stays as it is."""
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{table.MARK}\nold\n{table.END}\nafter\n")
    table.into_readme({ONE: result()}, readme)
    text = readme.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "| 3.10.8 | 15.14 | 3.11.7 | 9 in 7 s |" in text
    assert "old" not in text
