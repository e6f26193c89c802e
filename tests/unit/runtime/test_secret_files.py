"""Secrets of the gateway are exchanged by their files, without a restart."""

from pathlib import Path

import pytest

from hub.bootstrap.files.secret_files import secret
from hub.environment import load
from hub.gateway.clients.authorization import FixedToken
from hub.gateway.clients.credentials import Shown
from hub.runtime import watched_files
from hub.settings import Settings


@pytest.fixture(autouse=True)
def _checked_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_files, "CHECK_EACH", 0)


def test_a_changed_file_is_the_token_from_then_on(tmp_path: Path) -> None:
    """An empty or lost file changes nothing: the gateway is never open to all, nor to nobody."""
    file = tmp_path / "file_token"
    file.write_text("first\n")
    environment = {"HUB_DATA_DIR": str(tmp_path), "HUB_FILE_TOKEN_FILE": str(file)}
    given = secret(load(environment), "file_token", environment=environment)
    token = FixedToken("file-token", given, frozenset({"files.fetch"}))
    assert token.matches(Shown("first"))
    file.write_text("second")
    assert not token.matches(Shown("first"))
    assert token.matches(Shown("second"))
    file.write_text("")
    assert token.matches(Shown("second"))
    assert not token.matches(Shown(""))
    file.unlink()
    assert token.matches(Shown("second"))
    assert "second" not in repr(token)


def test_a_secret_that_came_from_no_file_stays(tmp_path: Path) -> None:
    """Also where the environment names a file for settings that were made otherwise."""
    file = tmp_path / "file_token"
    file.write_text("of another")
    settings = Settings(data_dir=str(tmp_path), file_token="given")
    for environment in ({}, {"HUB_FILE_TOKEN_FILE": str(file)}):
        assert secret(settings, "file_token", environment=environment)() == "given"
