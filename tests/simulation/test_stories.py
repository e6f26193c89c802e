"""Some stories in each run of the tests; `script/simulate` plays thousands."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.rules.deliveries.states import DeliveryState
from hub.store.deliveries import delivery_statements
from tests.simulation import defects, regressions

OF_STATEMENTS = "a move ignores the state it starts from"
"""A planted defect that changes statements which the store keeps."""


def simulate(*words: str, hours: float = 0.1) -> subprocess.CompletedProcess[str]:
    """Run the simulation in a process of its own: it rules time there."""
    command = [sys.executable, "-m", "tests.simulation", *words]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=hours * 3600, check=False, env=environment
    )


@pytest.mark.timeout(400)
def test_stories_with_faults_keep_every_promise(tmp_path: Path) -> None:
    """Fifty stories and each one that once found a defect keep every promise.

    The first one replays exactly.
    """
    report_file = tmp_path / "report"
    done = simulate(
        "--seeds", "1-50", "--dossiers", "8", "--regressions", "--json", f"{report_file}"
    )
    assert done.returncode == 0, done.stdout
    report = json.loads(report_file.read_text())
    assert report["stories"] >= 50
    assert report["met"]["fault crash between steps"] > 0
    assert report["met"]["move ambiguous -> delivered"] > 0
    assert report["met"]["adapter town rest"] > 0, "the real adapters took part"


@pytest.mark.timeout(120)
def test_stories_with_the_real_adapters_keep_every_promise(tmp_path: Path) -> None:
    """Few dossiers, but in each story the province by SOAP or REST, and the town."""
    report_file = tmp_path / "report"
    stories = ("--seeds", "1-3", "--dossiers", "2", "--partners", "adapters")
    done = simulate(*stories, "--json", f"{report_file}")
    assert done.returncode == 0, done.stdout
    met = json.loads(report_file.read_text())["met"]
    assert met["adapter province soap"]
    assert met["adapter province rest"]
    assert met["adapter town rest"] == 3
    assert met["effect province.dossier"], "their calls arrived"


@pytest.mark.timeout(300)
def test_a_planted_defect_is_found_and_told_as_a_short_story() -> None:
    """A hub that sends again what may have arrived: the story names the dossier and the partner."""
    found = simulate(
        "--seeds", "1-12", "--dossiers", "6", "--defect", "an unknown effect is sent again at once"
    )
    assert found.returncode == 1
    assert "took effect twice at" in found.stdout
    assert "faults are needed" in found.stdout


@pytest.mark.timeout(300)
def test_a_story_that_does_not_replay_exactly_names_the_file_of_the_missed_chance() -> None:
    """Chance that no seed decides is a failure, and the place that asked for it is named."""
    words = ("--seeds", "1-1", "--dossiers", "8", "--defect", defects.CHANCE_OF_THE_MACHINE)
    found = simulate(*words)
    assert found.returncode == 1
    assert "seed 1 does not replay exactly" in found.stdout
    assert "tests/simulation/defects.py" in found.stdout
    assert "random.random" in found.stdout


def test_each_planted_defect_has_a_seed_that_finds_it() -> None:
    """A simulation that finds no planted defect proves nothing."""
    assert regressions.planted().keys() == defects.DEFECTS.keys()


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_planted_defect_is_found() -> None:
    """Each by its seed, or by one of a thousand."""
    found = simulate("--defects", "--seeds", "1-1000", hours=0.5)
    assert found.returncode == 0, found.stdout


def test_statements_of_a_plant_begin_and_end_with_it() -> None:
    """The store keeps what it has compiled; neither the plant nor what follows may find it."""
    before = delivery_statements.delivering(DeliveryState.AMBIGUOUS)
    assert delivery_statements.delivering(DeliveryState.AMBIGUOUS) is before, "they are kept"
    with defects.plant(OF_STATEMENTS):
        planted = delivery_statements.delivering(DeliveryState.AMBIGUOUS)
    after = delivery_statements.delivering(DeliveryState.AMBIGUOUS)
    assert len({id(before), id(planted), id(after)}) == 3
