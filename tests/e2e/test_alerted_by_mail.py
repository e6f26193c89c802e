"""A person is told without looking: a fault begins, a mail comes; it ends, another mail says so.

The hub with all its roles, a simulated province, and a mail server that others wrote (aiosmtpd).
"""

import email
import email.policy
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.bootstrap.build import build
from hub.bootstrap.hub import Hub
from hub.drill.sandbox import loopback
from hub.messages import catalog
from hub.settings import Settings
from hub.store.alerts import incidents
from tests.support.partners.province import PASSWORD, USERNAME
from tests.support.ward import BIRTH, MONDAY, reception

CONSOLE = "https://hub.example.vn"
ALERTS = """
name = "Phường Thử"
console = "{console}"
together = "0s"

[[channel]]
name = "truc"
kind = "mail"
person = "Trực CNTT"
host = "127.0.0.1"
port = {port}
tls = "none"
from = "hub@example.vn"
to = ["truc@example.vn"]

[[step]]
channels = ["truc"]

[[rule]]
name = "oldest_open"
above = "0s"
after = "0s"
clear_after = "0s"
"""
SUBJECT = "hồ sơ chờ gửi lâu nhất"
PATIENCE = 60.0
"""Seconds after which a mail that does not come fails the test."""


@dataclass
class Mailbox:
    """What the mail server takes; a test waits for the next mail."""

    came: "queue.Queue[bytes]" = field(default_factory=queue.Queue)

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        self.came.put(envelope.content)
        return "250 OK"

    def next(self) -> EmailMessage:
        """Wait for the next mail about the province's oldest delivery."""
        while True:
            found = email.message_from_bytes(
                self.came.get(timeout=PATIENCE), policy=email.policy.default
            )
            assert isinstance(found, EmailMessage)
            if SUBJECT in found["Subject"]:
                return found


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """Run a mail server of this machine; give its mailbox and its port."""
    mailbox, port = Mailbox(), loopback.free_port()
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield mailbox, port
    finally:
        server.stop()


@contextmanager
def hub_of(directory: Path, url: str, alerts: Path) -> Iterator[Hub]:
    """Run a hub that delivers to a province and looks for alerts several times a second."""
    settings = Settings(
        data_dir=str(directory),
        http_port=loopback.free_port(),
        province_url=url,
        province_username=USERNAME,
        province_password=PASSWORD,
        alerts_file=str(alerts),
        sweep_interval=0.2,
        contract_every=0.0,
        pin_cpu="off",
    )
    hub = build(settings, sources=[])
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()


def test_a_fault_of_the_province_is_told_by_mail_and_so_is_its_end(
    tmp_path: Path, province: SimulatorProcess, number: str
) -> None:
    """In plain words: what, where, since when, who, what to do, and the link to the incident."""
    with mail_server() as (mailbox, port):
        alerts = tmp_path / "alerts.toml"
        alerts.write_text(ALERTS.format(port=port, console=CONSOLE), encoding="utf-8")
        province.set_faults([Fault(kind=FaultKind.BUSY, seconds=1.0)])
        with hub_of(tmp_path / "hub", province.url, alerts) as hub:
            received = reception(BIRTH, number)
            hub.intake.accept(catalog.compose(received, time=MONDAY, source="test"))
            began = mailbox.next()
            province.clear_faults()
            ended = mailbox.next()
            with hub.store.read() as tx:
                (it,) = [
                    one for one in incidents.listing(tx, ended=True) if one.rule == "oldest_open"
                ]
                told = [one.what for one in incidents.events_of(tx, it.number or 0)]
    assert began["Subject"].startswith("[Phường Thử] Cảnh báo: Tỉnh: hồ sơ chờ")
    body = began.get_content()
    for part in ("Từ lúc: ", "Người xử lý: CNTT phường", "Cần làm: Mở trang tìm kiếm"):
        assert part in body
    assert f"Xem: {CONSOLE}/incidents/{it.number}" in body
    assert number not in body
    assert ended["Subject"].startswith("[Phường Thử] Đã hết: ")
    assert told == ["started", "notified", "ended", "notified"]
    assert began["Message-ID"] != ended["Message-ID"]
