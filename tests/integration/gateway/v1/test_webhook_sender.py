"""What sends a webhook: bounded, to no forbidden address, without a redirect, over checked TLS."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.webhooks.sender import LIMITS, HttpSender
from hub.rules.clients.client import networks
from hub.rules.failures.errors import DeliveryFailure
from tests.support.network.certificates import Authority
from tests.support.network.webhook_receiver import Receiver, receiving

HERE = networks("127.0.0.0/8,::1/128")
HEADERS = {"webhook-id": "evt_1"}
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on this machine."""
    with receiving() as opened:
        yield opened


def refusal(url: str, **options: Any) -> DeliveryFailure:
    """Send, and return why it was no success."""
    given: dict[str, Any] = {"allowed": HERE} | options
    sender = HttpSender(**given)
    with pytest.raises(DeliveryFailure) as failed:
        sender.send(url, headers=HEADERS, body=b"{}")
    return failed.value


def test_event_goes_to_path_and_query_under_the_hosts_name(receiver: Receiver) -> None:
    """By its name, though the connection goes to a judged address."""
    url = receiver.url.replace("127.0.0.1", "localhost")
    HttpSender(allowed=HERE).send(f"{url}/a/b?c=d", headers=HEADERS, body=b'{"data":{}}')
    (received,) = receiver.taken
    assert received.headers["host"] == url.removeprefix("http://")
    assert received.headers["webhook-id"] == "evt_1"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_address_inside_is_not_called_unless_it_is_allowed(receiver: Receiver, name: str) -> None:
    """No byte is sent."""
    failed = refusal(receiver.url.replace("127.0.0.1", name), allowed=())
    assert failed.code == "webhook_address"
    assert receiver.requests == []


def test_name_with_one_forbidden_address_is_not_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even at the others: the name is not under the control of who it seems to be of."""
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert refusal(receiver.url.replace("127.0.0.1", "localhost")).code == "webhook_address"
    assert receiver.requests == []


def test_redirect_is_not_followed(receiver: Receiver) -> None:
    """It could lead inside."""
    receiver.answer = lambda _: 307
    refusal(receiver.url)
    assert len(receiver.requests) == 1


def test_plain_http_to_another_machine_is_not_called() -> None:
    """Whatever is allowed."""
    failed = refusal("http://10.1.2.3/", allowed=networks("10.0.0.0/8"))
    assert failed.code == "webhook_address"


@contextmanager
def endless(reply: bytes, piece: bytes) -> Iterator[str]:
    """Run a server that answers and never ends; give its address."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def answer() -> None:
        line, _ = server.accept()
        with line:
            line.recv(65536)
            line.sendall(reply)
            while not ended.is_set():
                try:
                    line.sendall(piece)
                except OSError:
                    return
                ended.wait(0.01)

    thread = threading.Thread(target=answer)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    ended.set()
    thread.join(10)
    server.close()


@pytest.mark.parametrize(
    ("reply", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", b"x" * 65536),
        (CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Field: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
    ],
    ids=["long", "chunked", "headers", "slow"],
)
def test_reply_without_end_ends_the_call(reply: bytes, piece: bytes) -> None:
    """By its size or by the time; it is no success."""
    with endless(reply, piece) as url:
        quick = replace(LIMITS, reply_timeout=timedelta(milliseconds=500))
        assert refusal(url, limits=quick).code


def test_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """And the one of the configured roots is taken, for the right name only."""
    authority = Authority(tmp_path)
    pair, ca_file = authority.pair("receiver", host="localhost"), str(authority.root)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with receiving(context) as receiver:
        url = receiver.url.replace("127.0.0.1", "localhost")
        assert refusal(url).code == "certificate_unknown"
        assert refusal(receiver.url, ca_file=ca_file).code == "certificate_name"
        HttpSender(allowed=HERE, ca_file=ca_file).send(url, headers=HEADERS, body=b"{}")
        assert len(receiver.taken) == 1
