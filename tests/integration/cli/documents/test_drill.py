"""`script/run --drill`: one command to look at a hub with work in it, and Ctrl-C ends all of it."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.drill.sandbox import loopback
from hub.drill.sandbox.programs import rabbitmq_server
from tests.support.browser_session import BrowserSession
from tests.support.documents.commands import README, block, lines
from tests.support.documents.typed import SH, environment, make_tree, shell

PORTS = 10
WITHIN = 120.0
DEVICES = {
    **dict.fromkeys(("scanner-1", "printer-1", "reader-1", "mfp", "camera-1", "camera-2"), "up"),
    "copier": "degraded",  # so that a person sees a finding
    **dict.fromkeys(("kiosk-1", "display-1"), "down"),  # no browser is open there
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory that looks to a shell like the project's own."""
    rabbitmq_server()
    return make_tree(tmp_path / "one-stop-hub")


@pytest.fixture
def port() -> int:
    """The first of the free ports, one after another."""
    return loopback.first_of_free_ports(PORTS)


def lines_until_ready(drill: "subprocess.Popen[str]") -> list[str]:
    """Return what it printed until it was ready."""
    assert drill.stdout is not None
    printed: list[str] = []
    for line in drill.stdout:
        printed.append(line)
        if line.startswith("Ready"):
            return printed
    pytest.fail("".join(printed))


def at_work_in(tree: Path) -> Iterator[str]:
    """Yield the command line of every process that names a file of the tree."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if str(tree).encode() in command:
            yield command.replace(b"\0", b" ")[:200].decode(errors="replace")


def sign_in(browser: BrowserSession, printed: str) -> None:
    """Sign in as the operator with what `--sign-in` prints."""
    found = re.search(r"^operator +password (\S+) +code (\d{6})", printed, re.MULTILINE)
    assert found, printed
    assert browser.post("/sign-in", {"name": "operator", "password": found[1]}).status_code == 200
    assert browser.post("/sign-in/code", {"code": found[2]}).headers["location"] == "/"


def checked_devices(tree: Path) -> dict[str, str]:
    """Return how `hub devices check` finds each device of the drill."""
    checked = shell(". var/drill/settings; hub devices check --json || test $? = 1", tree)
    return {it["device"]: it["state"] for it in json.loads(checked)["checked_devices"]}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_drill_shows_cases_to_who_signs_in_and_leaves_nothing(tree: Path, port: int) -> None:
    """Both accounts' files are private, the overview has a refusal and an unknown effect."""
    start, show_sign_in = lines(block(README, "--drill --sign-in"))
    drill = subprocess.Popen(
        [SH, "-eu", "-c", f"exec {start} --port {port}"],
        cwd=tree,
        env=environment(tree) | {"HUB_LANGUAGE": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        ready = lines_until_ready(drill)[-1]
        console = f"http://127.0.0.1:{port + 6}/"
        assert console in ready
        for file in (tree / "var" / "drill" / "accounts").iterdir():
            assert file.stat().st_mode & 0o077 == 0, file
        with httpx.Client(base_url=console, headers={"accept-language": "en"}) as client:
            browser = BrowserSession(client)
            assert browser.get("/").status_code == 401
            sign_in(browser, shell(f"HUB_LANGUAGE=en {show_sign_in}", tree))
            overview, queues = browser.get("/").text, browser.get("/queues").text
        assert checked_devices(tree) == DEVICES
        assert "province.dossier" in overview
        assert "-42" in overview  # the code that nobody knows
        assert "hub.invalid" in queues
    finally:
        os.killpg(drill.pid, signal.SIGINT)
        with drill:
            code = drill.wait(WITHIN)
    assert code == 0
    deadline, tick = time.monotonic() + WITHIN, threading.Event()
    while left := list(at_work_in(tree)):
        assert time.monotonic() < deadline, left
        tick.wait(0.1)


def test_a_drill_at_a_taken_port_names_it_and_the_way_out(tree: Path, port: int) -> None:
    """Nothing is started, and nothing is made."""
    with socket.create_server((loopback.HOST, port + 2)):
        drill = subprocess.run(
            [SH, "script/run", "--drill", "--port", str(port)],
            cwd=tree, env=environment(tree) | {"HUB_LANGUAGE": "en"},
            capture_output=True, text=True, timeout=WITHIN, check=False,
        )  # fmt: skip
    assert drill.returncode == 1
    assert f"listens at port {port + 2}." in drill.stdout
    assert f"--port {port + 1000}" in drill.stdout
    assert not (tree / "var" / "drill").exists()
