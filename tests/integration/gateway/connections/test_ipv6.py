"""IPv6 addresses for the hub, for the broker's management and for partners."""

import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fastapi import FastAPI

from adapters.wire.http import Wire
from hub.broker.admin.management import Management
from hub.environment import load
from hub.gateway.serve import WebRole
from hub.settings import Settings, in_url


class Server(ThreadingHTTPServer):
    """On the loopback address of IPv6."""

    address_family = socket.AF_INET6


@pytest.fixture
def server() -> Iterator[str]:
    """A server that answers every request with what its Host was; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps([{"name": self.headers["Host"]}]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    try:
        made = Server(("::1", 0), Handler)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,))
        thread.start()
        yield f"[::1]:{made.server_port}"
        made.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("host", "called"), [("::1", "[::1]"), ("[::1]", "[::1]"), ("::", "[::1]"), ("::", "127.0.0.1")]
)
def test_the_gateway_listens_on_an_ipv6_address(server: str, host: str, called: str) -> None:
    """With or without brackets; on `::` it takes calls by IPv4 as well."""
    app = FastAPI()
    app.add_api_route("/health", lambda: {"status": "ok"})
    role = WebRole(app, name="gateway", host=host, port=0)
    role.start()
    try:
        with urllib.request.urlopen(f"http://{called}:{role.port}/health", timeout=10) as reply:
            assert reply.status == 200
    finally:
        role.stop()


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("::", "http://[::]:8080"),
        ("[::1]", "http://[::1]:8080"),
        ("::1", "http://[::1]:8080"),
        ("127.0.0.1", "http://127.0.0.1:8080"),
    ],
)
def test_the_hub_names_itself_with_brackets(host: str, own: str) -> None:
    """An address that partners are told must be one."""
    assert load({"HUB_HTTP_HOST": host}).own_url == own
    assert in_url(host) in Settings(http_host=host).own_url


def test_the_management_api_is_asked_at_an_ipv6_address(server: str) -> None:
    """The brackets are kept."""
    management = Management(f"http://guest:guest@{server}", "/")
    assert management._get("/api/queues/%2F") == [{"name": server}]
    management.close()


def test_a_partner_is_called_at_an_ipv6_address(server: str) -> None:
    """And told the host by which it was called."""
    wire = Wire(f"http://{server}/x")
    assert json.loads(wire.call("GET").body) == [{"name": server}]
    wire.close()
