"""A day of alerts as an operator has it: what is told, when, by which channel, and what is not.

The real measuring, evaluating and sending, a look a minute of a clock that the test moves; a mail
server and a receiver of webhooks that others wrote take the messages.
"""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from hub.bootstrap.alerts.plan import is_day_off, make_channels, plan_of
from hub.drill.sandbox import loopback
from hub.messages.local_time import LOCAL
from hub.operations.alerts import acting
from hub.operations.alerts.evaluating import Evaluating
from hub.operations.alerts.file_book import FileBook
from hub.operations.alerts.measuring import StoreMeasuring
from hub.operations.alerts.outside_watch import OutsideWatch
from hub.operations.alerts.sending import AlertSending
from hub.operations.alerts.watching import AlertWatching
from hub.operations.signed_by import SignedBy
from hub.rules.alerts.notifying import Silence
from hub.rules.devices.health import DeviceFinding
from hub.rules.webhooks import signing
from hub.store.alerts import incidents
from hub.store.devices import states
from hub.store.engine.store import Store
from hub.texts import Text
from tests.support.network.webhook_receiver import Receiver, receiving

THURSDAY, MINUTE, HOUR = date(2026, 8, 6), timedelta(minutes=1), timedelta(hours=1)
PLAN = """
name = "Phường"
together = "5m"

[quiet]
from = "20:00"
to = "06:30"
days_off = true

[[channel]]
name = "truc"
kind = "mail"
host = "127.0.0.1"
port = {port}
tls = "none"
from = "hub@example.vn"
to = ["truc@example.vn"]

[[channel]]
name = "lanh-dao"
kind = "webhook"
url = "{url}"
secret_file = "{secret_file}"

[[step]]
channels = ["truc"]

[[step]]
after = "30m"
channels = ["lanh-dao"]

[[rule]]
name = "device_trouble"
subjects = ["printer-*"]

[[rule]]
name = "scanner"
signal = "device_trouble"
above = 0
severity = "critical"
after = "2m"
subjects = ["scanner-*"]

[[rule]]
name = "hub_silent"
severity = "warning"
"""


@dataclass
class Mailbox:
    """What the mail server took."""

    subjects: list[str] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        found = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        self.subjects.append(str(found["Subject"]))
        return "250 OK"


@dataclass
class Ward:
    """An installation, its devices, and the two persons who are told."""

    store: Store
    mailbox: Mailbox
    hook: Receiver
    watching: AlertWatching
    senders: list[AlertSending]
    silent: OutsideWatch
    now: datetime
    told: list[tuple[str, str, str]] = field(default_factory=list)
    """When (of the ward's clock), by which channel, and the subject line."""
    broken: set[str] = field(default_factory=set)
    silent_because: Text | None = None
    """Why the hub does not answer the second machine."""

    def go_on_to(self, at: time, day: date = THURSDAY, *, step: timedelta = MINUTE) -> None:
        """Let time pass: a look, and what is due goes out."""
        end = datetime.combine(day, at, LOCAL)
        while self.now < end:
            self.now += step
            with self.store.write() as tx:
                for name in ("printer-1", "scanner-1"):
                    wrong = (DeviceFinding("printer_jammed", ""),) if name in self.broken else ()
                    states.keep(tx, name, kind="printer", place="", findings=wrong, now=self.now)
            self.watching.run_once()
            self.silent.run_once()
            for sender in self.senders:
                sender.run_once()
            self._read()

    def _read(self) -> None:
        at = f"{self.now.astimezone(LOCAL):%H:%M}"
        for subject in self.mailbox.subjects:
            self.told.append((at, "mail", subject))
        self.mailbox.subjects.clear()
        for it in self.hook.taken:
            self.told.append((at, "webhook", it.event["data"]["subject"]))
        self.hook.taken.clear()

    def by(self) -> SignedBy:
        """Sign an act."""
        return {"actor": "Lan", "reason": "a test", "now": self.now}

    def new(self) -> list[tuple[str, str, str]]:
        """Return what was told since, each line shortened to its mark."""
        found = [(at, way, it.removeprefix("[Phường] ").split(":")[0]) for at, way, it in self.told]
        self.told.clear()
        return found


@pytest.fixture
def ward(sqlite_store: Store, tmp_path: Path) -> Iterator[Ward]:
    """The ward on Thursday evening, all well."""
    mailbox, port, secret = Mailbox(), loopback.free_port(), signing.fresh().text
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    with receiving() as hook:
        (tmp_path / "secret").write_text(secret)
        file = tmp_path / "alerts.toml"
        words = {"port": port, "url": hook.url, "secret_file": tmp_path / "secret"}
        file.write_text(PLAN.format(**words), encoding="utf-8")
        plan = plan_of(str(file))
        channels = make_channels(plan)
        made: list[Ward] = []

        def clock() -> datetime:
            return made[0].now

        def book(name: str) -> FileBook:
            folder = tmp_path / name
            return FileBook(
                folder=folder, plan=plan, channels=channels, clock=clock, is_day_off=is_day_off
            )

        evaluating = Evaluating(store=sqlite_store, plan=plan, is_day_off=is_day_off)
        measuring = StoreMeasuring(sqlite_store, (), clock)
        watching = AlertWatching(evaluating, [measuring], book("alerts"), clock=clock, every=MINUTE)
        senders = [
            AlertSending(sqlite_store, channels, clock=clock, channel=name) for name in channels
        ]
        silent = OutsideWatch(
            urls=["http://hub.example.vn/readyz"],
            query=lambda _url: made[0].silent_because,
            book=book("watch"),
        )
        evening = datetime.combine(THURSDAY, time(19), LOCAL)
        ward = Ward(sqlite_store, mailbox, hook, watching, senders, silent, evening)
        made.append(ward)
        yield ward
    server.stop()


def test_a_night_wakes_the_person_for_what_is_critical_and_nobody_for_the_rest(ward: Ward) -> None:
    """What is over before the morning is never told; a warning that stays is told at its end."""
    ward.go_on_to(time(21, 30), step=HOUR / 2)
    ward.broken = {"printer-1"}
    ward.go_on_to(time(22))
    assert ward.new() == [], "kept back"
    ward.broken = {"printer-1", "scanner-1"}
    ward.go_on_to(time(22, 10))
    assert ward.new() == [("22:03", "mail", "KHẨN")]
    ward.go_on_to(time(22, 33))
    assert ward.new() == [("22:33", "webhook", "Chưa ai nhận")]
    acting.acknowledge(ward.store, 2, until=ward.now + timedelta(hours=6), by=ward.by())
    ward.go_on_to(time(23, 33), step=HOUR / 6)
    ward.broken = {"printer-1"}
    ward.go_on_to(time(23, 45))
    assert ward.new() == [("23:38", "mail", "Đã hết"), ("23:38", "webhook", "Đã hết")]
    friday = THURSDAY + timedelta(days=1)
    ward.go_on_to(time(6, 15), friday, step=HOUR / 2)
    assert ward.new() == []
    ward.go_on_to(time(7, 10), friday)
    assert ward.new() == [
        ("06:30", "mail", "Cảnh báo"),
        ("07:00", "webhook", "Chưa ai nhận"),
    ]
    acting.acknowledge(ward.store, 1, until=ward.now + timedelta(hours=2), by=ward.by())
    ward.go_on_to(time(9), friday, step=HOUR / 6)
    assert ward.new() == [], "somebody has it"
    ward.broken.clear()
    ward.go_on_to(time(9, 10), friday)
    assert ward.new() == [("09:05", "mail", "Đã hết"), ("09:05", "webhook", "Đã hết")]


def test_what_comes_and_goes_is_one_incident_and_a_silence_holds_until_its_time(ward: Ward) -> None:
    """One message for the start, one for the end; what is still wrong after a silence is told."""
    friday = THURSDAY + timedelta(days=1)
    ward.go_on_to(time(8), friday, step=HOUR)
    ward.broken = {"printer-1"}
    ward.go_on_to(time(8, 15), friday)
    for minute in range(19, 50, 7):
        ward.broken.clear()
        ward.go_on_to(time(8, minute), friday)
        ward.broken = {"printer-1"}
        ward.go_on_to(time(8, minute + 3), friday)
    ward.broken.clear()
    ward.go_on_to(time(9), friday)
    assert [(way, mark) for _, way, mark in ward.new()] == [
        ("mail", "Cảnh báo"),
        ("webhook", "Chưa ai nhận"),
        ("mail", "Đã hết"),
        ("webhook", "Đã hết"),
    ]
    with ward.store.read() as tx:
        assert len(incidents.listing(tx, ended=True)) == 1
    end = datetime.combine(friday, time(11), LOCAL)
    wanted = Silence(rule="device_trouble", subject="printer-*", until=end)
    acting.silence(ward.store, wanted, rules=["device_trouble"], by=ward.by())
    ward.broken = {"printer-1"}
    ward.go_on_to(time(10, 58), friday, step=HOUR / 12)
    ward.go_on_to(time(11, 5), friday)
    assert ward.new() == [("11:00", "mail", "Cảnh báo")]


def test_a_day_off_is_quiet_for_the_second_machine_too(ward: Ward) -> None:
    """It has no database to ask, and knows weekends and holidays all the same."""
    saturday, monday = THURSDAY + timedelta(days=2), THURSDAY + timedelta(days=4)
    ward.go_on_to(time(9), saturday, step=HOUR)
    ward.silent_because = Text("không trả lời", "no answer")
    ward.go_on_to(time(9, 10), saturday)
    ward.go_on_to(time(6), monday, step=HOUR)
    assert ward.new() == []
    ward.go_on_to(time(6, 40), monday)
    assert ward.new()[:1] == [("06:30", "mail", "Cảnh báo")]
    ward.silent_because = None
    ward.go_on_to(time(6, 50), monday)
    assert [mark for _, _, mark in ward.new()][-1] == "Đã hết"
