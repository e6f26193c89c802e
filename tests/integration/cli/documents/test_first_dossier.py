"""README's ten minutes to a first dossier, typed as they stand there."""

import json
import sqlite3
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hub.drill.sandbox import loopback
from tests.support.documents.commands import README, SIMULATORS, block
from tests.support.documents.guide_examples import examples, outputs
from tests.support.documents.typed import at_work, make_tree, shell, with_own

NUMBER = "000.99.01.H57-180806-0001"
PORTS = 10
"""The hub, service and control port of each partner, TLS, the console, the broker's two."""
WITHIN = 60.0


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory that looks to a shell like the project's own."""
    if not Path("/usr/bin/curl").exists():
        pytest.skip("curl is not installed")
    return make_tree(tmp_path / "one-stop-hub")


@pytest.fixture
def port() -> int:
    """The first of the free ports, one after another."""
    return loopback.first_of_free_ports(PORTS)


def states(tree: Path) -> dict[str, int]:
    """Return how many deliveries are in each state."""
    place = tree / "var" / "drill" / "hub" / "hub.db"
    with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as database:
        return dict(database.execute("SELECT state, count(*) FROM deliveries GROUP BY state"))


def wait_for(condition: Callable[[], bool], what: object) -> None:
    """Return when it holds; another process brings it about and gives no signal."""
    deadline, tick = time.monotonic() + WITHIN, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, what
        tick.wait(0.05)


def get(port: int, path: str) -> object:
    """Return what a control port answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
        return json.load(reply)


def assert_partner_can_call(tree: Path, port: int) -> None:
    """A partner's developer pastes the guide's first blocks where the sandbox client's key is."""
    place = tree / "var" / "drill"
    assert (place / "partner.key").stat().st_mode & 0o077 == 0
    first = examples(f"http://127.0.0.1:{port}/docs/en")[:5]
    empty, _, taken, again, found = outputs(first, place)
    assert json.loads(empty) == {"hoSo": []}
    assert json.loads(found)["hoSo"]["maHoSo"] == json.loads(taken)["maHoSo"]
    assert "idempotency-replayed: true" in again


@pytest.mark.slow
@pytest.mark.timeout(300)  # thirty commands, each a process; a busy machine is slow
def test_the_readme_leads_to_a_dossier_that_went_to_province_and_town(
    tree: Path, port: int
) -> None:
    """A fault switched on and off, three scans, the trail; Ctrl-C ends all that was started."""
    ports = {"8080": str(port), "8082": str(port + 2)}
    settings = ". var/drill/settings\n"
    start = with_own(
        block(README, "--drill --empty"),
        {"script/run --drill --empty": f"exec script/run --drill --empty --port {port}"},
    )
    with at_work(start, tree) as ready:
        assert "Ready" in ready
        assert f"http://127.0.0.1:{port}" in ready
        shown = shell(with_own(block(README, '"kind": "down"'), ports), tree)
        assert "waiting" in shown  # in English, as the page and its comments
        wait_for(lambda: states(tree) == {"waiting": 1, "held": 1}, "province is down")
        clear = with_own(block(README, "--request DELETE"), {"8082": ports["8082"]})
        shell(settings + clear, tree)
        wait_for(lambda: states(tree) == {"delivered": 2}, "province is back")
        shell(settings + block(README, "var/drill/hub/scans"), tree)
        ledger = "/_control/ledger"
        wait_for(lambda: '"dossiers": 1' in json.dumps(get(port + 4, ledger)), "town has it")
        trail = shell(f"{settings}COLUMNS=200 hub dossier trail {NUMBER}", tree)
        assert "TiepNhanHoSo" in " ".join(trail.split())
        steer = block(SIMULATORS, "/_control/notes")
        shell(with_own(steer, {"8082": ports["8082"], "8084": str(port + 4)}), tree)
        assert get(port + 2, "/_control/faults") == []
        assert_partner_can_call(tree, port)
    assert all(loopback.is_free(port + n) for n in range(PORTS))
