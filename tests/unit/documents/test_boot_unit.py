"""The unit file: systemd takes it, the hub is locked in, and its settings are those of the hub."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.alerts.outside import is_address
from hub.environment import load
from tests.support.documents.commands import ROOT

FOLDER = ROOT / "script/systemd"
UNIT = FOLDER / "one-stop-hub.service"
WATCH = FOLDER / "one-stop-hub-watch.service"
EDGE = FOLDER / "one-stop-hub-edge.service"
each_unit = pytest.mark.parametrize("unit", [UNIT, WATCH, EDGE], ids=lambda it: it.stem)
OPT = "/opt/one-stop-hub"
LARGEST_EXPOSURE = 2.5
"""systemd's own figure, from 0 (locked in) to 10 (as root)."""


@pytest.fixture
def analyze() -> str:
    """The program that reads unit files without a running systemd."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    return program


@each_unit
def test_unit_file_is_taken_by_systemd(analyze: str, unit: Path, tmp_path: Path) -> None:
    """With the source tree where the tests have it."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    there = tmp_path / unit.name
    there.write_text(unit.read_text(encoding="utf-8").replace(OPT, str(tmp_path)), encoding="utf-8")
    told = subprocess.run(
        [analyze, "verify", there], capture_output=True, text=True, timeout=60, check=False
    )
    assert (told.returncode, told.stderr) == (0, "")


@each_unit
def test_unit_file_locks_the_hub_in(analyze: str, unit: Path) -> None:
    """The measure of systemd itself stays low; a word that systemd does not know counts nothing."""
    told = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", unit],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    exposure = re.search(r"Overall exposure level .*: ([\d.]+)", told.stdout)
    assert exposure, told.stderr
    assert float(exposure[1]) <= LARGEST_EXPOSURE


def test_settings_at_boot_are_settings_of_the_hub(tmp_path: Path) -> None:
    """The example starts a hub as it is, once its secrets are there."""
    secrets = "/etc/one-stop-hub/secrets"
    text = (FOLDER / "settings.example").read_text(encoding="utf-8")
    named = re.findall(rf"{secrets}/(\w+)", text)
    assert named
    for name in named:
        (tmp_path / name).write_text("amqp://b" if name == "broker_url" else "http://b")
    lines = [it for it in text.replace(secrets, str(tmp_path)).splitlines() if it[:1] != "#"]
    assert load(dict(line.split("=", 1) for line in lines)).data_dir == "/var/lib/hub"
    made = (ROOT / "script/secrets").read_text(encoding="utf-8")
    assert all(name in made for name in named)


def test_unit_file_waits_for_calls_under_way_and_starts_no_wrong_hub_again() -> None:
    """As long as the containers wait; a wrong setting stays wrong."""
    text = UNIT.read_text(encoding="utf-8")
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert "TimeoutStopSec=5min" in text
    assert "stop_grace_period: 5m" in compose
    assert "RestartPreventExitStatus=2" in text
    # Its failure is passed over: a database that is slow to start must not end the hub.
    assert "ExecStartPost=-/opt/one-stop-hub/.venv/bin/python -m hub.monitoring.probe" in text


def test_watch_at_boot_has_settings_of_the_hub_and_starts_whatever_happens() -> None:
    """It has none of the hub's secrets, and its words are a command of the hub."""
    text = WATCH.read_text(encoding="utf-8")
    example = (FOLDER / "watch.example").read_text(encoding="utf-8")
    given = dict(line.split("=", 1) for line in example.splitlines() if line[:1] != "#")
    words = given.pop("WATCH_URLS").split()
    assert load(given).alerts_file == "/etc/one-stop-hub/watch-alerts.toml"
    assert words[0] == "--url"
    assert is_address(words[1])
    assert "hub alerts watch --state /var/lib/hub-watch $WATCH_URLS" in text
    assert "/etc/one-stop-hub/settings" not in text
    assert "Restart=always" in text
    assert "StartLimitIntervalSec=0" in text
