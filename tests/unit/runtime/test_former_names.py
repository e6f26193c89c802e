"""Settings under the names of the last release: they work, and the new name is told."""

import pytest

from hub.former_settings import FORMER
from hub.settings import SettingsError, load


def test_a_former_name_works_and_the_new_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """An installation that is updated starts, and its operator reads what to change."""
    settings = load({"HUB_SWEEP": "7"})
    assert settings.sweep_interval == 7
    assert capsys.readouterr().err.splitlines() == [
        "HUB_SWEEP is HUB_SWEEP_INTERVAL now; the old name works in this release only"
    ]


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
