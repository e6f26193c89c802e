"""Names of the last release: they work, and the new name is told."""

import runpy
from pathlib import Path

import pytest

from hub.environment import load
from hub.former_settings import FORMER
from hub.settings import SettingsError


def test_a_former_name_works_and_the_new_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """An installation that is updated starts, and its operator reads what to change."""
    settings = load({"HUB_SWEEP": "7"})
    assert settings.sweep_interval == 7
    assert capsys.readouterr().err.splitlines() == [
        "HUB_SWEEP is HUB_SWEEP_INTERVAL now; the old name works up to release 0.3"
    ]


def test_a_former_name_of_a_file_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every setting may come from a file, also under its former name."""
    value = tmp_path / "sweep"
    value.write_text("7\n", encoding="utf-8")
    assert load({"HUB_SWEEP_FILE": str(value)}).sweep_interval == 7
    assert "HUB_SWEEP_FILE is HUB_SWEEP_INTERVAL_FILE now" in capsys.readouterr().err


def test_the_former_health_check_still_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A container's check that an operator kept must not make every container unhealthy."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("hub.health", run_name="__main__")
    told = capsys.readouterr()
    assert (ended.value.code, "no hub has run here" in told.out) == (1, True)
    assert "hub.runtime.health" in told.err


def test_both_names_at_once_are_refused() -> None:
    """Which of them counts would be a guess."""
    with pytest.raises(SettingsError, match="set one of the two"):
        load({"HUB_SWEEP": "7", "HUB_SWEEP_INTERVAL": "8"})


def test_every_former_name_has_a_present_one_that_exists() -> None:
    """A name that leads nowhere would be told to an operator in vain."""
    assert len(set(FORMER.values())) == len(FORMER)
    with pytest.raises(SettingsError) as caught:
        load(dict.fromkeys(FORMER, "no number"))
    assert "there is no such setting" not in str(caught.value)
