"""Mail is handed to a server that others wrote (aiosmtpd), by TLS and with a sign-in."""

import email
import email.policy
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from adapters.alerts.mail import MailChannel
from hub.ports.alerts import ChannelFailed
from hub.rules.alerts.plan import ChannelSettings, MailServer
from tests.support.network.certificates import Authority
from tests.support.network.tls_server import server_context

AT = datetime(2026, 8, 6, 2, 0, tzinfo=UTC)
TO = ("lan@example.vn", "minh@example.vn")
HANG_UP = b"hang up"


@dataclass
class Mailbox:
    """What the server took; it refuses whom it is told to."""

    taken: list[Envelope] = field(default_factory=list)
    refused: tuple[str, ...] = ()

    async def handle_RCPT(  # noqa: N802 - the library's names
        self, _server: SMTP, _session: Session, envelope: Envelope, to: str, _options: list[str]
    ) -> str:
        if to in self.refused:
            return f"550 {to} is nobody here"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.taken.append(envelope)
        return "250 OK"


@dataclass(frozen=True)
class Server:
    """A running mail server, and the files that a channel needs."""

    port: int
    mailbox: Mailbox
    root: Path
    password: Path


def known(server: Any, _session: Any, _envelope: Any, _way: str, given: Any) -> AuthResult:
    """Let in the hub with its password; hang up on the one that says so."""
    if given.password == HANG_UP:
        server.transport.close()
    # `handled`: else the server would answer nothing, and the hub would wait for its time to end
    return AuthResult(
        success=(given.login, given.password) == (b"hub", b"a password"), handled=False
    )


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that demands TLS and a sign-in."""
    place = tmp_path_factory.mktemp("mail")
    authority = Authority(place)
    password = place / "password"
    password.write_text("a password\n")
    mailbox, port = Mailbox(), free_port()
    server = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=port,
        tls_context=server_context(authority.pair("server")),
        require_starttls=True,
        authenticator=known,
        auth_required=True,
    )
    server.start()
    yield Server(port, mailbox, authority.root, password)
    server.stop()


@pytest.fixture
def server(running: Server) -> Server:
    """The server with an empty mailbox that refuses nobody."""
    running.mailbox.taken.clear()
    running.mailbox.refused = ()
    return running


def channel(server: Server, **other: Any) -> MailChannel:
    """Return a channel to the server."""
    values = {
        "host": "127.0.0.1",
        "port": server.port,
        "username": "hub",
        "password_file": str(server.password),
        "ca_file": str(server.root),
    }
    settings = ChannelSettings(
        name="x",
        kind="mail",
        sender="hub@example.vn",
        to=TO,
        mail=MailServer(**{**values, **other}),
    )
    return MailChannel(settings)


def send(to: MailChannel) -> None:
    """Send a mail whose words need more than ASCII."""
    to.send(key="abc", subject="[Phường] KHẨN: quá hẹn\nX: y", body="Cần làm: gọi tỉnh\n", at=AT)


def test_a_mail_is_read_as_it_was_written(server: Server) -> None:
    """One mail to all persons of the channel; the key is its id, a subject stays one line."""
    send(channel(server))
    (envelope,) = server.mailbox.taken
    assert envelope.rcpt_tos == list(TO)
    assert isinstance(envelope.content, bytes)
    mail: Any = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert mail["Subject"] == "[Phường] KHẨN: quá hẹn X: y"
    assert mail["Message-ID"] == "<abc@example.vn>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X"] is None
    assert mail.get_content().replace("\r\n", "\n") == "Cần làm: gọi tỉnh\n"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"password_file": "/dev/null"}, "mail_login"),
        ({"password_file": "/nowhere"}, "secret_unreadable"),
        ({"ca_file": ""}, "mail_tls"),
        ({"tls": "implicit"}, "mail_tls"),
        ({"tls": "none"}, "mail_no_tls"),
    ],
)
def test_what_is_wrong_with_a_channel_has_a_code(
    server: Server, wrong: dict[str, str], code: str
) -> None:
    """Nothing is handed over without TLS, and no password stands in the failure."""
    with pytest.raises(ChannelFailed) as caught:
        send(channel(server, **wrong))
    assert (caught.value.code, server.mailbox.taken) == (code, [])
    assert "a password" not in str(caught.value)


def test_a_server_that_hangs_up_at_the_sign_in_has_the_same_code(
    server: Server, tmp_path: Path
) -> None:
    """As some do with a wrong password, before the next way to sign in is tried."""
    wrong = tmp_path / "wrong"
    wrong.write_bytes(HANG_UP)
    with pytest.raises(ChannelFailed, match=r"^mail_login$"):
        send(channel(server, password_file=str(wrong)))
    assert server.mailbox.taken == []


def test_a_server_that_is_not_there_has_a_code(server: Server) -> None:
    """The message stays and is sent later."""
    with pytest.raises(ChannelFailed, match="mail_unreachable"):
        send(channel(server, port=free_port()))


@pytest.mark.parametrize(("refused", "in_part"), [(TO, False), (TO[:1], True)])
def test_a_refused_person_is_no_reason_to_write_to_the_others_again(
    server: Server, refused: tuple[str, ...], in_part: bool
) -> None:
    """The failure says whether somebody has got it; it quotes no address."""
    server.mailbox.refused = refused
    with pytest.raises(ChannelFailed) as caught:
        send(channel(server))
    assert (caught.value.code, caught.value.in_part) == ("mail_refused", in_part)
    assert "example.vn" not in str(caught.value)
    assert len(server.mailbox.taken) == in_part


def test_a_long_subject_keeps_each_of_its_spaces(server: Server) -> None:
    """Wherever its line is folded: a phone shows the words apart."""
    for length in range(1, 60):
        words = "[Phường Thử] Đã hết: Tỉnh: " + "x" * length + " hồ sơ chờ gửi lâu nhất đã lâu"
        mail = channel(server).mail(key="k", subject=words, body="x", at=AT)
        read = email.message_from_bytes(mail.as_bytes(), policy=email.policy.default)
        assert read["Subject"] == words
