"""A gateway with a port for TLS beside one without: one event loop serves both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import urllib3
from fastapi import FastAPI

from hub.bootstrap.build import build
from hub.drill.sandbox import loopback
from hub.gateway.connections.tls import ServerContext, TlsFiles
from hub.gateway.serve import WebRole
from hub.settings import Settings
from tests.support.database.stores import lay_store
from tests.support.network.certificates import Authority


def answers(authority: Authority, ports: list[int], path: str) -> list[bytes]:
    """Return what the port without TLS and the one with it answer."""
    urls = [
        f"{kind}://127.0.0.1:{port}" for kind, port in zip(("http", "https"), ports, strict=True)
    ]
    with urllib3.PoolManager(ca_certs=str(authority.root)) as pool:
        replies = [pool.request("GET", url + path, retries=False) for url in urls]
    assert [it.status for it in replies] == [200, 200]
    return [it.data for it in replies]


def test_both_ports_of_the_gateway_are_served_by_one_loop(tmp_path: Path) -> None:
    """What the application counts on its loop has no lock."""
    authority = Authority(tmp_path / "authority")
    own = authority.pair("hub")
    settings = Settings(
        data_dir=str(tmp_path),
        http_port=loopback.free_port(),
        https_port=loopback.free_port(),
        http_certificate_file=str(own.certificate),
        http_key_file=str(own.key),
    )
    lay_store(tmp_path)
    hub = build(settings, sources=[])
    webs = [it for it in hub.roles if isinstance(it, WebRole)]

    async def loop() -> int:
        return id(asyncio.get_running_loop())

    webs[0]._app.add_api_route("/loop", loop)
    for web in webs:
        web.start()
    try:
        plain, safe = answers(authority, [settings.http_port, settings.https_port], "/loop")
    finally:
        hub.stop()
    assert plain == safe


def test_what_an_application_begins_is_there_before_its_first_call(tmp_path: Path) -> None:
    """Once for both ports, and it ends after them."""
    authority = Authority(tmp_path / "authority")
    own = authority.pair("hub")
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        await asyncio.sleep(0)
        seen.append("begun")
        yield
        seen.append("ended")

    app = FastAPI(openapi_url=None, lifespan=lifespan)
    app.add_api_route("/", lambda: seen)
    tls = ServerContext(TlsFiles(own.certificate, own.key))
    web = WebRole(app, name="gateway", host="127.0.0.1", port=0, tls_port=0, tls=tls)
    web.start()
    try:
        assert answers(authority, web.ports, "/") == [b'["begun"]', b'["begun"]']
    finally:
        web.stop()
    assert seen == ["begun", "ended"]
