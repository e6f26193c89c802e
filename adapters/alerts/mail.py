"""Hands a message to a mail server by SMTP with TLS; one connection a message, bounded in time.

The key is the Message-ID, so that a mail that was handed over twice is shown once by most readers.
A password is read from its file at each attempt, and is in no error.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import EmailPolicy
from email.utils import format_datetime
from pathlib import Path

from hub.ports.alerts import ChannelFailed
from hub.rules.alerts.plan import ChannelSettings, MailServer

WITHIN = 20.0
"""Seconds for each step of the exchange."""


class _WholeSubject(EmailPolicy):
    """Folds a subject without losing a space.

    Trap: Python's own folding leaves out a space that stands between two encoded words.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a field as it is sent."""
        if name.lower() != "subject":
            return super().fold_binary(name, value)
        folded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {folded}{self.linesep}".encode("ascii")


_POLICY = _WholeSubject(linesep=SMTP_POLICY.linesep)


class MailChannel:
    """Sends mail for one channel."""

    def __init__(self, channel: ChannelSettings, *, within: float = WITHIN) -> None:
        self._server = channel.mail or MailServer(host="localhost")
        self._channel = channel
        self._within = within

    def send(self, *, key: str, subject: str, body: str, at: datetime) -> None:
        """Hand a mail over, see the port; raises ChannelFailed."""
        mail = self.mail(key=key, subject=subject, body=body, at=at)
        with _named_failures(), self._connected() as server, _unknown_when_cut():
            refused = server.send_message(mail)
        if refused:
            codes = sorted({str(code) for code, _ in refused.values()})
            raise ChannelFailed("mail_refused", ", ".join(codes), in_part=True)

    def mail(self, *, key: str, subject: str, body: str, at: datetime) -> EmailMessage:
        """Return the mail as it is handed over."""
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = self._channel.sender
        mail["To"] = [Address(addr_spec=to) for to in self._channel.to]
        mail["Subject"] = " ".join(subject.split())
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = f"<{key}@{self._channel.sender.rpartition('@')[2]}>"
        # so that no "out of office" comes back
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(body, cte="quoted-printable")
        return mail

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        tls = ssl.create_default_context(cafile=server.ca_file or None)
        if server.tls == "implicit":
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._within, context=tls
            )
        else:
            line = smtplib.SMTP(server.host, server.port, timeout=self._within)
        with line:
            if server.tls == "starttls":
                line.starttls(context=tls)
            if server.username:
                _sign_in(line, server)
            yield line


def _sign_in(line: smtplib.SMTP, server: MailServer) -> None:
    """Trap: a server may hang up when one way to sign in fails, before the next is tried."""
    password = _password(server.password_file)
    try:
        line.login(server.username, password)
    except smtplib.SMTPServerDisconnected:
        raise ChannelFailed("mail_login") from None


def _password(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ChannelFailed("secret_unreadable", type(error).__name__) from None


@contextmanager
def _unknown_when_cut() -> Iterator[None]:
    """Tell a line that ended during the hand-over from a server that was never reached."""
    try:
        yield
    except smtplib.SMTPException as error:
        # Trap: smtplib's exceptions are OSErrors, too.
        if not isinstance(error, smtplib.SMTPServerDisconnected):
            raise
        raise ChannelFailed("mail_unknown", type(error).__name__, is_unknown=True) from None
    except OSError as error:
        raise ChannelFailed("mail_unknown", type(error).__name__, is_unknown=True) from None


@contextmanager
def _named_failures() -> Iterator[None]:
    """Give every failure a code; a server's words may quote an address, so they are left out."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise ChannelFailed("mail_login", str(error.smtp_code)) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({str(code) for code, _ in error.recipients.values()})
        raise ChannelFailed("mail_refused", ", ".join(codes)) from None
    except smtplib.SMTPResponseException as error:
        raise ChannelFailed("mail_refused", str(error.smtp_code)) from None
    except smtplib.SMTPNotSupportedError:
        raise ChannelFailed("mail_no_tls") from None
    except ssl.SSLError as error:
        raise ChannelFailed("mail_tls", error.reason or type(error).__name__) from None
    except (smtplib.SMTPException, socket.gaierror, OSError) as error:
        raise ChannelFailed("mail_unreachable", type(error).__name__) from None
