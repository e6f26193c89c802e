"""The dead man's switch: a hub that does not work does not call out, and is seen from outside."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

import hub.cli
from adapters.alerts.outside import call_heartbeat, is_address, query_ready
from hub.cli.alerts.watch import keep_watching
from hub.operations.alerts.evaluating import Evaluating
from hub.operations.alerts.file_book import FileBook
from hub.operations.alerts.heartbeat_calls import HeartbeatCalls
from hub.operations.alerts.measuring import StoreMeasuring
from hub.operations.alerts.outside_watch import OutsideWatch
from hub.operations.alerts.watching import AlertWatching
from hub.ports import BrokerUnavailable
from hub.ports.alerts import ChannelFailed
from hub.rules.alerts.plan import AlertPlan, ChannelSettings, Step
from hub.rules.alerts.reading import packaged
from hub.runtime.role import Role
from hub.store.engine.store import Store
from hub.store.monitoring import heartbeats
from hub.texts import Text
from tests.support.network.health_port import health_port
from tests.support.network.webhook_receiver import Receiver, receiving
from tests.support.works import never

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)
PLAN = AlertPlan(
    rules=packaged().rules,
    channels=[ChannelSettings(name="x", kind="mail")],
    steps=[Step(after=timedelta(), channels=("x",))],
    console="https://hub.example.vn",
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """What waits for the hub's sign of life."""
    with receiving() as found:
        yield found


def beat(store: Store, *, troubles: str = "", at: datetime = NOW) -> None:
    """Have a process of the hub say how it is."""
    with store.write() as tx:
        heartbeats.beat(
            tx, "ward/1", host="ward", roles="timer", started_at=at, now=at, troubles=troubles
        )


def calls(
    store: Store, receiver: Receiver, *, query: Callable[[], object] | None = None
) -> HeartbeatCalls:
    """Return the role that calls the receiver."""
    call = partial(call_heartbeat, f"{receiver.url}/ping/a-token")
    return HeartbeatCalls(store, call, clock=lambda: NOW, query_broker=query)


def lost() -> None:
    """Be a broker that is away."""
    raise BrokerUnavailable("a test")


def test_a_hub_that_works_calls_out(store: Store, receiver: Receiver) -> None:
    """A device that is switched off changes nothing: an alert of its own tells of it."""
    beat(store, troubles="source.scanner: no progress for 90 s")
    assert calls(store, receiver).run_once()
    assert len(receiver.taken) == 1


@pytest.mark.parametrize(
    ("troubles", "at", "query"),
    [
        ("deliver: no progress for 300 s", NOW, None),
        ("source.scanner: x; relay: it crashed", NOW, None),
        ("", NOW - 2 * MINUTE, None),
        ("", NOW, lost),
    ],
    ids=["a role stands", "a role beside a device", "a process is silent", "no broker"],
)
def test_a_hub_that_stands_still_does_not_call_out(
    store: Store,
    receiver: Receiver,
    troubles: str,
    at: datetime,
    query: Callable[[], object] | None,
) -> None:
    """Whatever stands still; the roles of every process count."""
    beat(store, troubles=troubles, at=at)
    assert not calls(store, receiver, query=query).run_once()
    assert receiver.requests == []


def test_a_hub_without_a_heartbeat_of_its_own_does_not_call_out(
    store: Store, receiver: Receiver
) -> None:
    """No process can write that it is there."""
    assert not calls(store, receiver).run_once()


def test_an_address_that_refuses_is_called_again(store: Store, receiver: Receiver) -> None:
    """And its token is in no error."""
    beat(store)
    receiver.answer = lambda _: 503
    role = calls(store, receiver)
    assert not role.run_once()
    with pytest.raises(ChannelFailed) as failed:
        call_heartbeat(f"{receiver.url}/ping/a-token")
    assert "a-token" not in str(failed.value)
    receiver.answer = lambda _: 200
    assert role.run_once()


def test_the_watch_reads_what_the_hub_says_of_itself() -> None:
    """Ready, a role that stands, a lost store, another page, no answer at all."""
    with health_port() as url:
        assert query_ready(f"{url}/readyz") is None
        assert str(query_ready(f"{url}/healthz")) != "None"
        assert query_ready(f"{url}/nothing") is not None
    assert (query_ready(f"{url}/readyz") or Text("", "")).en.startswith("no answer")
    with health_port([_Standing()], store_trouble="away") as url:
        found = query_ready(f"{url}/readyz")
    assert found is not None
    assert found.en == "not at work: standing, store"


class _Standing(Role):
    """A role whose thread never began."""

    name = "standing"

    def run(self) -> None:
        """Do nothing."""


@dataclass
class Mails:
    """A channel that keeps what it was given."""

    keys: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    def send(self, *, key: str, subject: str, body: str, at: datetime) -> None:
        """Take a message."""
        assert at.tzinfo is not None
        self.keys.append(key)
        self.subjects.append(subject)
        self.bodies.append(body)


def _same(at: datetime) -> datetime:
    """Be a clock that stands."""
    return at


def test_a_lost_database_is_told_although_nothing_can_be_stored(tmp_path: Path) -> None:
    """By the role that watches, which reads at each round what the one before has kept."""
    mails, away = Mails(), Store("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    for minute in range(5):
        at = NOW + minute * MINUTE
        book = FileBook(
            folder=tmp_path,
            plan=PLAN,
            channels={"x": mails},
            clock=partial(_same, at),
            is_day_off=never,
        )
        evaluating = Evaluating(store=away, plan=PLAN, is_day_off=lambda _at: False)
        measuring = StoreMeasuring(away, (), book.clock)
        AlertWatching(evaluating, [measuring], book, clock=book.clock, every=MINUTE).run_once()
    away.close()
    (subject,) = mails.subjects
    assert subject.startswith("[Trung tâm] KHẨN: ")
    assert "hub alerts ack" not in mails.bodies[0]


def test_a_silent_hub_is_told_once_and_so_is_its_end(tmp_path: Path) -> None:
    """Each look may be of a machine that was started anew: the file says what was told."""
    mails, why = Mails(), Text("không trả lời", "no answer")

    def look(minute: int, found: Text | None) -> None:
        at = NOW + minute * MINUTE
        book = FileBook(
            folder=tmp_path, plan=PLAN, channels={"x": mails}, clock=lambda: at, is_day_off=never
        )
        url = "http://hub.example.vn:8082/readyz"
        OutsideWatch(urls=[url], query=lambda _: found, book=book).run_once()

    for minute in range(10):
        look(minute, why)
    assert mails.subjects == ["[Trung tâm] KHẨN: Trung tâm hub.example.vn:8082: không trả lời"]
    assert "systemctl status" in mails.bodies[0]
    assert "hub alerts ack" not in mails.bodies[0]
    for minute in range(10, 15):
        look(minute, None)
    assert [it.split(":")[0] for it in mails.subjects] == ["[Trung tâm] KHẨN", "[Trung tâm] Đã hết"]


def test_a_watch_whose_file_cannot_be_kept_goes_on_and_tells_once(tmp_path: Path) -> None:
    """A full disk of the second machine must not silence it; kept again, the file has it all."""
    mails, why, rounds = Mails(), Text("không trả lời", "no answer"), iter(range(10))
    place, minute = tmp_path / "watch", [0]
    place.write_text("no folder")
    book = FileBook(
        folder=place,
        plan=PLAN,
        channels={"x": mails},
        clock=lambda: NOW + minute[0] * MINUTE,
        is_day_off=never,
    )
    url = "http://hub.example.vn:8082/readyz"
    watching = OutsideWatch(urls=[url], query=lambda _: why, book=book)

    def stopped(_seconds: float) -> bool:
        minute[0] = next(rounds)
        if minute[0] == 8:
            place.unlink()
        return minute[0] == 9

    keep_watching(watching, stopped)
    assert len(mails.subjects) == 1
    again = FileBook(
        folder=place,
        plan=PLAN,
        channels={"x": mails},
        clock=lambda: NOW + 10 * MINUTE,
        is_day_off=never,
    )
    OutsideWatch(urls=[url], query=lambda _: why, book=again).run_once()
    assert len(mails.subjects) == 1


def test_the_command_looks_once_without_a_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its exit code is what cron needs; a wrong address is refused."""
    file = tmp_path / "alerts.toml"
    file.write_text(
        '[[channel]]\nname = "x"\nkind = "mail"\nhost = "127.0.0.1"\nport = 9\ntls = "none"\n'
        'from = "a@example.vn"\nto = ["b@example.vn"]\n[[step]]\nchannels = ["x"]\n'
    )
    monkeypatch.setenv("HUB_ALERTS_FILE", str(file))
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "hub"))

    def run(url: str) -> int:
        words = ["alerts", "watch", "--once", "--url", url]
        return CliRunner().invoke(hub.cli.app, words).exit_code

    with health_port() as url:
        assert run(f"{url}/readyz") == 0
    assert run(f"{url}/readyz") == 1
    assert run("readyz") == 2
    assert not list(tmp_path.rglob("*.db"))
    assert (tmp_path / "hub/watch/incidents.json").exists()


@pytest.mark.parametrize(
    "wrong", ["", "hub/readyz", "ftp://hub/x", "https://", "http://a b/", "http://h:x/"]
)
def test_what_is_no_address_is_named_before_it_is_called(wrong: str) -> None:
    """At the start, not in a minute."""
    assert not is_address(wrong)
    assert is_address("https://hub.example.vn/ping?x=1")
