"""A few stories on PostgreSQL in each run of the tests; `script/simulate --postgres` plays more."""

import json
from pathlib import Path

import pytest

from hub.drill.sandbox import programs
from hub.drill.sandbox.programs import MissingProgram
from tests.simulation import regressions
from tests.simulation.test_stories import simulate
from tests.support.services import missing

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]
HEAD = "the head of a chain is read without a lock"


@pytest.fixture(autouse=True)
def _server() -> None:
    try:
        programs.postgresql("postgres")
    except MissingProgram as error:
        missing(error)


def test_interleaved_transactions_keep_every_promise(tmp_path: Path) -> None:
    """Processes wait for each other's locks, and the first story replays exactly."""
    report_file = tmp_path / "report"
    words = ("--seeds", "2-3", "--dossiers", "3", "--json", f"{report_file}")
    done = simulate("--postgres", *words)
    assert done.returncode == 0, done.stdout
    met = json.loads(report_file.read_text())["met"]
    assert met["locks met"] > 0
    assert met["turns"] > met["locks met"]


@pytest.mark.parametrize(
    ("defect", "broken"),
    [
        pytest.param(HEAD, "", id="two append to one chain at the same place"),
        pytest.param(
            "lanes are not locked",
            "is held and nothing is before it",
            id="nobody lets a lane go on",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "dossiers of a batch are locked as they come",
            "deadlock detected",
            id="two wait for each other",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_lock_that_is_missing_or_late_is_found(defect: str, broken: str) -> None:
    """The story ends with the promise that it breaks."""
    seed = str(regressions.planted(postgres=True)[defect])
    found = simulate("--postgres", "--seed", seed, "--story", "--defect", defect)
    assert found.returncode == 1, found.stdout
    assert f"Seed {seed} breaks promise" in found.stdout
    assert broken in found.stdout


@pytest.mark.long
def test_stories_in_memory_do_not_show_it() -> None:
    """There one writes after the other: every promise is kept without the lock."""
    in_memory = simulate("--seeds", "1-30", "--dossiers", "6", "--defect", HEAD)
    assert in_memory.returncode == 0, in_memory.stdout
