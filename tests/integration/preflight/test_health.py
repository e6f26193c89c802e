"""`hub health` tells whether the process works, and a gateway starts while the broker is away."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from hub.bootstrap.build import build
from hub.cli import main
from hub.drill.sandbox import loopback
from hub.preflight.check import Check, to_text
from hub.preflight.running import running as running_processes
from hub.runtime import health
from hub.runtime.process.heartbeat import Heartbeat
from hub.runtime.role import Role
from hub.settings import ROLES, Settings
from hub.store.engine.store import Store
from hub.store.messages import outbox
from hub.store.monitoring import heartbeats
from tests.support.database.stores import lay_store
from tests.support.network.certificates import Authority
from tests.support.programs.forked import ForkedProgram
from tests.support.works import now

EXAMPLE = Path(__file__).parents[3] / "schemas/examples/dossier.received.v1.json"
AWAY = "amqp://a:b@127.0.0.1:1/"


class Idle(Role):
    """A role that has nothing to do."""

    name = "idle"

    def run(self) -> None:
        self.stopping.wait()


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """The store of an installation of one machine."""
    return sqlite_store


def beating(store: Store, role: Role, names: str = "timer") -> Heartbeat:
    """Return a heartbeat that has beaten once."""
    heartbeat = Heartbeat(store, [role], names=names, clock=now)
    heartbeat.once()
    return heartbeat


def test_a_working_process_is_healthy_and_its_end_is_seen(store: Store, tmp_path: Path) -> None:
    """A beat that is too old, a role in trouble, a process that went: each is said."""
    settings = Settings(data_dir=str(tmp_path), roles="timer")
    role = Idle()
    role.start()
    heartbeat = beating(store, role)
    assert health.problems(settings, now=now()) == []
    later = now() + heartbeats.SILENT_AT_MOST + timedelta(seconds=1)
    assert "not heard of" in health.problems(settings, now=later)[0]
    role.patience = -1.0
    heartbeat.once()
    assert "no progress" in health.problems(settings, now=now())[0]
    role.stop()
    heartbeat.stop()
    assert "no process" in health.problems(settings, now=now())[0]


@contextmanager
def twin(store: Store, *, started: timedelta, beat: timedelta) -> Iterator[str]:
    """Run a process of this machine that wrote a heartbeat once; times count from now."""
    idle = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(idle, stdin=subprocess.PIPE) as child:
        name = f"{socket.gethostname()}/{child.pid}"
        with store.write() as tx:
            heartbeats.beat(
                tx,
                name,
                host=socket.gethostname(),
                roles="timer",
                started_at=now() + started,
                now=now() + beat,
                troubles="",
            )
        yield name
        child.communicate(timeout=20)


def test_a_process_that_hangs_is_not_hidden_by_its_twin(store: Store, tmp_path: Path) -> None:
    """Two processes have the role; the one that is not heard of is named, whoever began last."""
    settings = Settings(data_dir=str(tmp_path), roles="timer")
    role, minutes = Idle(), timedelta(minutes=2)
    role.start()
    later = now() + minutes
    for started in (-minutes, minutes):  # before the one that works, and after it
        with twin(store, started=started, beat=timedelta(seconds=1)) as hung:
            works = Heartbeat(store, [role], names="timer", clock=lambda: later)
            works.once()
            (problem,) = health.problems(settings, now=later)
            assert f"{hung} was not heard of" in problem
            told = {it.subject: it.detail for it in running_processes(settings)}
            assert f"process {hung}" in told
        assert health.problems(settings, now=later) == []  # it has ended, the other has its role
    role.stop()


def test_the_doctor_names_a_twin_on_another_machine(store: Store, tmp_path: Path) -> None:
    """Both were at work at the same time, so neither took the place of the other."""
    settings, minute = Settings(data_dir=str(tmp_path)), timedelta(minutes=1)
    same = {"host": "a", "roles": "timer", "troubles": ""}
    with store.write() as tx:
        heartbeats.beat(tx, "a/1", started_at=now() - 9 * minute, now=now() - 5 * minute, **same)
        heartbeats.beat(tx, "a/2", started_at=now() - 8 * minute, now=now(), **same)
    good = {it.subject: it.ok for it in running_processes(settings)}
    assert (good["process a/1"], good["process a/2"]) == (False, True)


def test_a_role_that_nobody_runs_is_missed(store: Store, tmp_path: Path) -> None:
    """The settings say which roles are expected here."""
    role = Idle()
    role.start()
    heartbeat = beating(store, role, names="timer,relay")
    settings = Settings(data_dir=str(tmp_path), roles="timer,relay,receive")
    assert health.problems(settings, now=now()) == ["receive: no process has this role here"]
    heartbeat.stop()
    role.stop()


def test_asking_for_health_makes_nothing(tmp_path: Path) -> None:
    """No database, no migration: it only reads."""
    place = tmp_path / "nowhere"
    found = health.problems(Settings(data_dir=str(place), roles="timer"), now=now())
    assert "no hub has run here" in found[0]
    assert not place.exists()
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    with store.read():
        pass  # an empty database, not migrated
    found = health.problems(Settings(data_dir=str(tmp_path), roles="timer"), now=now())
    store.close()
    assert found == ["the heartbeats cannot be read: OperationalError"]


def test_what_a_preflight_found_stays_with_the_heartbeat(store: Store) -> None:
    """A later beat does not wipe it out; rows of processes long gone are taken away."""
    heartbeat = beating(store, Idle())
    heartbeat.record_preflight("[]")
    heartbeat.once()
    with store.write() as tx:
        (row,) = heartbeats.known(tx)
        assert (row.findings, row.looked_at is not None) == ("[]", True)
        heartbeats.forget_old(tx, now() + timedelta(seconds=1))
        assert heartbeats.known(tx) == []


def test_the_doctor_tells_of_processes_and_not_of_those_that_were_replaced(
    store: Store, tmp_path: Path
) -> None:
    """Who went without a word is named, until one with the same roles has taken its place."""
    settings = Settings(data_dir=str(tmp_path))
    hour = timedelta(hours=1)
    with store.write() as tx:
        old = {"host": "a", "roles": "timer", "troubles": ""}
        heartbeats.beat(tx, "a/1", started_at=now() - 2 * hour, now=now() - hour, **old)
    (found,) = [it for it in running_processes(settings) if it.subject == "process a/1"]
    assert not found.ok
    with store.write() as tx:
        heartbeats.beat(tx, "a/2", started_at=now(), now=now(), **old)
        heartbeats.record_preflight(
            tx, "a/2", now=now(), findings=to_text([Check("message size", False, "small")])
        )
    found_by = {it.subject: it for it in running_processes(settings)}
    assert "process a/1" not in found_by
    assert found_by["process a/2"].ok
    assert "message size" in found_by["preflight a/2"].detail
    assert not found_by["preflight a/2"].ok


@pytest.mark.parametrize("safe", [False, True], ids=["http", "https"])
def test_a_whole_hub_is_healthy_while_it_runs(tmp_path: Path, *, safe: bool) -> None:
    """With all its roles and its gateway; not before its start and not after its end.

    With TLS, too: its certificate is for the name that partners call, and asks for theirs.
    """
    authority = Authority(tmp_path / "authority")
    own, root = authority.pair("hub", host="hub.example"), authority.root
    settings = Settings(
        data_dir=str(tmp_path),
        http_port=loopback.free_port(),
        http_certificate_file=str(own.certificate) if safe else "",
        http_key_file=str(own.key) if safe else "",
        http_client_ca_file=str(root) if safe else "",
    )
    lay_store(tmp_path)
    hub = build(settings, sources=[])
    assert health.problems(settings, now=now())
    hub.start()
    try:
        wait_for(lambda: health.problems(settings, now=now()) == [])
    finally:
        hub.stop()
    assert health.problems(settings, now=now())


def wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    """Look again until it is true: another process tells us nothing by itself."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def running(environment: dict[str, str], log: Path) -> Iterator[ForkedProgram]:
    """Run `hub run` as a process for the length of the block."""
    process = ForkedProgram(main, ["run"], environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # it may end by itself at this moment
            if process.alive:
                os.kill(process.pid, signal.SIGTERM)
        process.wait(60)


def answers(url: str, body: bytes | None = None) -> int:
    """Return the status of a call, 0 when nobody is there."""
    request = urllib.request.Request(url, data=body, headers={"Authorization": "Bearer word"})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_gateway_and_sources_start_and_accept_while_the_broker_is_away(
    migrated_postgres_url: str, tmp_path: Path
) -> None:
    """What comes in is kept in the outbox; the warning says so; a relay would not start."""
    port = loopback.free_port()
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HUB_DATA_DIR": str(tmp_path / "hub"),
        "HUB_DATABASE_URL": migrated_postgres_url,
        "HUB_BROKER_URL": AWAY,
        "HUB_ROLES": "gateway,sources",
        "HUB_HTTP_PORT": str(port),
        "HUB_INTAKE_TOKEN": "word",
        "HUB_LANGUAGE": "en",
    }
    log = tmp_path / "log"
    url = f"http://127.0.0.1:{port}"
    with running(environment, log) as process:
        wait_for(lambda: answers(f"{url}/health") == 200 or not process.alive)
        assert answers(f"{url}/messages", EXAMPLE.read_bytes()) == 202
        wait_for(lambda: health.check(environment)[0] == 0)
    text = log.read_text(encoding="utf-8")
    assert re.search(r'"where": "broker".*', text)
    assert "what is accepted waits in the outbox" in text
    assert process.wait(60) == 0
    store = Store(migrated_postgres_url)
    with store.read() as tx:
        assert outbox.backlog(tx) == 1
        assert heartbeats.known(tx) == []
    store.close()
    with running({**environment, "HUB_ROLES": "relay"}, log) as process:
        assert process.wait(60) == 1
    assert health.check({**environment, "HUB_ROLES": "relay"})[0] == 1
    assert health.check({**environment, "HUB_ROLES": "postman"})[0] == 2


def test_settings_name_who_needs_the_broker() -> None:
    """Only these are stopped by one that is away."""
    needs = {role: msgspec.structs.replace(Settings(), roles=role).needs_broker for role in ROLES}
    assert [role for role, needed in needs.items() if needed] == ["receive", "relay", "deliver"]
