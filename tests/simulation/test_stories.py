"""Some stories in each run of the tests; `script/simulate` plays thousands."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def simulate(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the simulation in a process of its own: it rules time there."""
    command = [sys.executable, "-m", "tests.simulation", *words]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=280, check=False, env=environment
    )


@pytest.mark.timeout(300)
def test_stories_with_faults_keep_every_promise(tmp_path: Path) -> None:
    """Four stories hold all invariants, and the first one replays exactly."""
    done = simulate("--seeds", "1-4", "--dossiers", "10", "--json", str(tmp_path / "report"))
    assert done.returncode == 0, done.stdout
    report = json.loads((tmp_path / "report").read_text())
    assert report["stories"] == 4
    assert report["met"]["fault crash between steps"] > 0
    assert report["met"]["move ambiguous -> delivered"] > 0


@pytest.mark.timeout(300)
def test_a_planted_defect_is_found_and_told_as_a_short_story() -> None:
    """A hub that sends again what may have arrived: the story names the dossier and the partner."""
    found = simulate(
        "--seeds", "1-12", "--dossiers", "6", "--defect", "an unknown effect is sent again at once"
    )
    assert found.returncode == 1
    assert "took effect twice at" in found.stdout
    assert "faults are needed" in found.stdout


def test_a_seed_of_another_version_is_refused() -> None:
    """It would tell another story than the one that was meant."""
    refused = simulate("--seed", "1", "--version", "0")
    assert refused.returncode == 2
    assert "Seed 1 is of version 0" in refused.stdout
