"""`hub archive erase` says why not, in the words of the office; no code of ours is shown."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from tests.support.archive.ended import number, take_in
from tests.support.ward import open_ward


def test_an_erasure_that_is_refused_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dossier that is under way, one with a legal hold, and one that there is not."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_OPERATOR", "Trần Thị Bình")
    monkeypatch.setenv("COLUMNS", "200")
    with open_ward(tmp_path) as ward:
        take_in(ward, 1)
        take_in(ward, 2)

    def hub(command: str, n: int, *words: str) -> str:
        result = CliRunner().invoke(
            app, ["archive", command, number(n), "--reason", "a request", *words]
        )
        return result.output

    assert "held" in hub("hold", 2)
    for n, words in (
        (1, "a delivery is open"),
        (2, "legal hold"),
        (3, "there is no such dossier"),
    ):
        assert f"{number(n)}: {words}" in hub("erase", n, "--yes")
