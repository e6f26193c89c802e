"""Failpoints strike at the pass they are told to, once, and never by themselves."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hub.runtime import failpoints
from hub.runtime.failpoints import Point

PROGRAM = """
from hub.runtime.failpoints import Point, arm, passing
arm({text!r})
for n in range(5):
    print(n, flush=True)
    passing(Point.RELAY_AFTER_PUBLISH)
"""


def run(text: str) -> tuple[int, list[str]]:
    """Return exit code and the passes begun of a process that goes through a point five times."""
    program = PROGRAM.format(text=text)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout.split()


def test_the_third_pass_is_the_last() -> None:
    """`kill@3` is a SIGKILL at the third pass, not an exception that could be caught."""
    assert run("relay_after_publish=kill@3") == (-signal.SIGKILL, ["0", "1", "2"])


@pytest.mark.parametrize("text", ["", "receive_after_commit=kill@1", "relay_after_publish=kill@6"])
def test_other_passes_do_nothing(text: str) -> None:
    """What is not armed, armed elsewhere or not reached leaves the process alone."""
    assert run(text) == (0, ["0", "1", "2", "3", "4"])


def test_arming_again_forgets_what_was_armed() -> None:
    """The text is the whole truth, also when it is empty."""
    failpoints.arm("accept_after_commit=kill@1")
    failpoints.arm("")
    failpoints.passing(Point.ACCEPT_AFTER_COMMIT)


HEEDING = """
import sys
from pathlib import Path
from hub.runtime.failpoints import Point, passing, watch_file
place = Path(sys.argv[1])
watch_file(str(place))
for n in range(5):
    print(n, flush=True)
    if n == 2:
        place.write_text("relay_after_publish=kill@1")
    passing(Point.RELAY_AFTER_PUBLISH)
"""


def test_a_process_that_runs_is_armed_by_a_file(tmp_path: Path) -> None:
    """What comes to stand in the file strikes at the next pass, without a new start."""
    done = subprocess.run(
        [sys.executable, "-c", HEEDING, str(tmp_path / "points")],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout.split()) == (-signal.SIGKILL, [b"0", b"1", b"2"])


def test_every_mistake_is_named() -> None:
    """One text, all its mistakes."""
    said = failpoints.check("nowhere=kill@1, relay_after_publish=stop@x")
    assert "nowhere" in said
    assert "stop@x" in said
