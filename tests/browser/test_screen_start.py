"""The recipe of a kiosk or display, as its machine runs it: the page that enters, and its waits."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hub.counter.live_lines import HeardScreen, LiveLines
from tests.browser.test_hall import DISPLAY, entered
from tests.support.counter.hall import Hall, hall, key_of
from tests.support.documents.commands import ROOT
from tests.support.ward import open_ward

SCRIPT = ROOT / "script/systemd/start-screen.sh"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A hall whose hub a test may end and start."""
    with open_ward(tmp_path_factory.mktemp("screens")) as ward, hall(ward) as made:
        yield made


def start(tmp_path: Path, address: str, key: str) -> subprocess.CompletedProcess[str]:
    """Run the script with a browser that shows nothing."""
    (tmp_path / "key").write_text(key + "\n", encoding="utf-8")
    settings = {
        "HUB_COUNTER": address,
        "SCREEN_KEY": str(tmp_path / "key"),
        "SCREEN_BROWSER": "echo",
        "RUNTIME_DIRECTORY": str(tmp_path),
        "PATH": os.defpath,
    }
    return subprocess.run(
        ["/bin/sh", SCRIPT], env=settings, capture_output=True, text=True, timeout=20, check=False
    )


class NoHubYet(BaseHTTPRequestHandler):
    """A proxy that runs before the hub does."""

    asked = threading.Event()

    def do_GET(self) -> None:
        """Answer as such a proxy does."""
        self.send_error(502)
        self.asked.set()

    def log_message(self, *_words: object) -> None:
        """Say nothing on stderr."""


@contextmanager
def proxy_without_hub(port: int) -> Iterator[threading.Event]:
    """Serve at the hub's port; the event is set when somebody has asked."""
    with ThreadingHTTPServer(("127.0.0.1", port), NoHubYet) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield NoHubYet.asked
        server.shutdown()
        serving.join()


def test_a_screen_that_is_there_before_the_hub_enters_by_itself(
    chromium: Browser, served: Hall, tmp_path: Path
) -> None:
    """After a power cut nobody has to touch it, also behind a proxy that is there before the hub;
    meanwhile it says what is missing."""
    key = key_of(served.ward.store, "display-9", "display")
    served.stop()
    told = start(tmp_path, served.url, key)
    assert told.returncode == 0, told.stderr
    page = chromium.new_context(viewport=DISPLAY).new_page()
    with proxy_without_hub(served.port) as asked:
        page.goto((tmp_path / "start.html").as_uri())
        page.get_by_role("heading", name="Chưa kết nối được với trung tâm").wait_for()
        assert asked.is_set()
        assert page.url.startswith("file:")
    served.start()
    page.wait_for_url(f"{served.url}/display/display-9")
    page.locator("[data-live]").wait_for()
    page.context.close()


def test_the_page_that_enters_is_readable_for_its_user_only(tmp_path: Path) -> None:
    """It holds the key; the browser gets neither it nor the key's file by name."""
    told = start(tmp_path, "http://127.0.0.1:1", "hub_abcdefgh_secret")
    page = tmp_path / "start.html"
    assert page.stat().st_mode & 0o077 == 0
    assert "secret" not in told.stdout
    assert told.stdout.split()[-1] == page.as_uri()


def test_a_file_without_a_key_starts_no_browser(tmp_path: Path) -> None:
    """It is told in the service's log."""
    told = start(tmp_path, "http://127.0.0.1:1", "a password")
    assert (told.returncode, told.stdout) == (1, "")
    assert "holds no key of a client" in told.stderr


def test_a_touch_while_the_hub_is_away_leads_nowhere(chromium: Browser, served: Hall) -> None:
    """Least of all to the browser's own page of an error: from there no touch leads back."""
    with entered(chromium, served, "kiosk") as page:
        served.stop()
        page.locator("[data-lost]").wait_for()
        page.get_by_role("link", name="Look up a dossier").click()
        assert page.url == f"{served.url}/kiosk"
        served.start()
        page.locator("[data-lost]").wait_for(state="hidden")
        page.get_by_role("link", name="Look up a dossier").click()
        page.wait_for_url("**/kiosk/look-up")


class SignallingLines(LiveLines):
    """Lets a test wait until a screen is there."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = threading.Event()

    def hear(self, name: str, heard: HeardScreen) -> None:
        """Keep it, and signal."""
        super().hear(name, heard)
        self.heard.set()


LOCKED = """set -e
mount -t tmpfs none /etc/chromium
mkdir -p /etc/chromium/policies/managed
mount -t tmpfs none /run
mkdir -m 700 /run/hub-screen
sed "s/192.168.1.10:8090/$ALLOWED/" "$POLICY" >/etc/chromium/policies/managed/hub.json
exec "$SCRIPT"
"""
"""The machine of a screen, in a mount namespace: its policy, and a directory in memory."""


@contextmanager
def locked_browser(served: Hall, tmp_path: Path, outside: list[str]) -> Iterator[None]:
    """Run the recipe on such a machine, with a browser more for each address outside the hub."""
    hidden = "chromium --headless=new --no-sandbox"  # no screen here, and root
    more = [f"{hidden} --user-data-dir=/run/{n} {it} &" for n, it in enumerate(outside)]
    browser = tmp_path / "browser"
    browser.write_text("\n".join(["#!/bin/sh", *more, f'exec {hidden} "$@"']), encoding="utf-8")
    browser.chmod(0o700)
    settings = {
        "HUB_COUNTER": served.url,
        "ALLOWED": served.url.removeprefix("http://"),
        "POLICY": str(SCRIPT.with_name("chromium-policy.json")),
        "SCRIPT": str(SCRIPT),
        "SCREEN_KEY": str(tmp_path / "key"),
        "SCREEN_BROWSER": str(browser),
        "RUNTIME_DIRECTORY": "/run/hub-screen",
        "PATH": os.defpath,
        "HOME": str(tmp_path),
    }
    running = subprocess.Popen(
        ["/usr/bin/unshare", "-m", "/bin/sh", "-c", LOCKED],
        env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")
@pytest.mark.usefixtures("chromium")
def test_the_locked_browser_opens_the_hub_and_nothing_else(served: Hall, tmp_path: Path) -> None:
    """The recipe as it is written, with its policy. Two more browsers are sent to another address
    and to another file before that: when the screen is there, neither has asked anybody.

    The policy takes the developer's tools away, and with them every look from outside: the servers
    tell what was asked."""
    served.stop()
    served.lines = lines = SignallingLines()
    served.start()
    key = key_of(served.ward.store, "display-8", "display")
    (tmp_path / "key").write_text(key, encoding="utf-8")
    page = tmp_path / "page.html"
    with socket.create_server(("127.0.0.1", 0)) as other:
        foreign = f"http://127.0.0.1:{other.getsockname()[1]}/"
        page.write_text(f'<img src="{foreign}">', encoding="utf-8")
        with locked_browser(served, tmp_path, [foreign, page.as_uri()]):
            assert lines.heard.wait(30)
        assert lines.last("display-8") is not None
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.accept()
