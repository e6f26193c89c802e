"""How long a stack may take: by its pages, with an end, and the refusal says which limit it was."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hub.file_checks import apart
from hub.file_checks.limits import (
    CPU_SECONDS,
    MOST_CPU_SECONDS,
    MOST_SECONDS,
    SECONDS,
    cpu_seconds_for,
    seconds_for,
)


def test_the_time_grows_with_the_pages_up_to_an_end() -> None:
    """A thousand honest pages have minutes; no count of pages has for ever."""
    assert (cpu_seconds_for(0), seconds_for(0)) == (CPU_SECONDS, SECONDS)
    assert cpu_seconds_for(1000) >= 300
    assert seconds_for(1000) >= 600
    assert (cpu_seconds_for(10**6), seconds_for(10**6)) == (MOST_CPU_SECONDS, MOST_SECONDS)


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (signal.SIGALRM, "the limit of time"),
        (signal.SIGXCPU, "the limit of CPU time"),
        (signal.SIGXFSZ, "may write"),
    ],
)
def test_the_refusal_says_which_limit_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: signal.Signals, words: str
) -> None:
    """An officer divides the stack for the one and asks ward IT for the other."""
    child = tmp_path / "child"
    child.write_text(f"#!/bin/sh\nulimit -c 0\nkill -{ended.value} $$\n", encoding="utf-8")
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))
    found = apart.parsed_apart("x", tmp_path, "application/pdf", called="reader")
    assert found["code"] == "file_bomb"
    assert words in found["why"]


def test_a_process_ends_by_the_signal_of_its_limit() -> None:
    """By the clock, in a process of its own: the limits hold for good."""
    code = (
        "import time; from hub.file_checks import limits as it; it.SECONDS = 0.05;"
        "it.SECONDS_A_PAGE = 0; it.limit_process(largest=0); it.allow_pages(9); time.sleep(60)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=Path.cwd(), timeout=30)
    assert done.returncode == -signal.SIGALRM
