"""`hub top` as a person and as a program starts it."""

import json
import os
import pty
import select
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.store.engine.store import Store


def test_without_a_terminal_it_prints_once(installed: Store) -> None:
    """For a mail, or a pipe."""
    result = CliRunner().invoke(app, ["top"])
    assert (result.exit_code, "Nothing needs a person now." in result.output) == (0, True)


def test_a_program_gets_one_document(installed: Store) -> None:
    """With the balance of every partner and times as ISO 8601."""
    result = CliRunner().invoke(app, ["top", "--json"])
    document = json.loads(result.stdout)
    assert document["level"] == "good"
    assert {it["partner"] for it in document["partners"]} >= {"provincial", "town_center"}
    assert document["items"] == document["queues"] == document["pauses"] == []


def test_keys_show_the_pauses_and_end_it_and_the_terminal_is_as_before(
    sqlite_store: Store, tmp_path: Path
) -> None:
    """A picture, another one after p, and after q an end with 0."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    environment = os.environ | {
        "HUB_DATA_DIR": str(tmp_path),
        "HUB_LANGUAGE": "en",
        "TERM": "xterm",
        "COLUMNS": "80",
        "LINES": "24",
    }
    command = [str(Path(sys.executable).with_name("hub")), "top"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        read_until(ours, "q quit")
        os.write(ours, b"p")
        read_until(ours, "paused.")
        os.write(ours, b"q")
        assert process.wait(timeout=30) == 0
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)


def read_until(place: int, wanted: str) -> None:
    """Read a terminal until a text was written; fails after half a minute without a byte."""
    written = ""
    while wanted not in written:
        ready, _, _ = select.select([place], [], [], 30)
        if not ready:
            pytest.fail(f"never wrote {wanted!r}: {written[-400:]!r}")
        written += os.read(place, 65_536).decode("utf-8", "replace")
