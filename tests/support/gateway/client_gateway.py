"""A gateway for tests of its clients: over a store, on a free port, with a proxy in front."""

import base64
import json
import ssl
from datetime import timedelta
from pathlib import Path

import urllib3

from hub.exchange.intake.accept import Intake
from hub.gateway.app import create_app
from hub.gateway.auth_audit import Denials
from hub.gateway.clients.certificate_trust import CertificateTrust
from hub.gateway.clients.proxies import Proxies
from hub.gateway.connections.limits import ConnectionLimits
from hub.gateway.serve import WebRole
from hub.rules.clients.client import networks
from hub.runtime.clock import utc_now
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.messages.blobs import BlobStore

BODY = (Path(__file__).parents[3] / "schemas/examples/dossier.progressed.v1.json").read_bytes()
PROXY_SECRET = "proxy-secret"


Answered = tuple[int, dict[str, object], urllib3.BaseHTTPResponse]
"""Status, the answer's fields, and the response."""


class Gateway:
    """A running gateway that believes a proxy on this machine."""

    def __init__(
        self,
        directory: Path,
        store: Store,
        *,
        tls: ssl.SSLContext | None = None,
        limits: ConnectionLimits | None = None,
        trust: CertificateTrust | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.store = store
        files = BlobStore(directory / "files", limit=10_000)
        self.intake = Intake(self.store, files, clock=utc_now)
        self.ahead = timedelta()
        """How far the gateway's clock is ahead."""
        self.denials = Denials(self.store, clock=lambda: utc_now() + self.ahead)
        app = create_app(
            self.store,
            files,
            self.intake,
            denials=self.denials,
            intake_token="in-token",
            file_token="file-token",
            proxies=Proxies(networks("127.0.0.1"), PROXY_SECRET),
            trust=trust,
        )
        self.web = WebRole(app, name="gateway", host=host, port=0, tls=tls, limits=limits)
        self.web.start()
        self.url = f"{'https' if tls else 'http'}://{host}:{self.web.port}"

    def stop(self) -> None:
        """End it."""
        self.web.stop()
        self.intake.close()

    def post(
        self, headers: dict[str, str]
    ) -> tuple[int, dict[str, object], urllib3.BaseHTTPResponse]:
        """Hand the example in; return status, answer and response."""
        url = f"{self.url}/messages"
        reply = urllib3.request("POST", url, body=BODY, headers=headers, retries=False)
        answer = json.loads(reply.data)
        return reply.status, answer.get("detail", answer), reply

    def audited(self) -> list[tuple[str, str, bool, str]]:
        """Return (actor, action, allowed, reason) of the gateway's rows."""
        self.denials.flush(everything=True)
        with self.store.read() as tx:
            assert audit.verify(tx)[1] == []
            rows = tx.exec_driver_sql(
                "SELECT actor, action, allowed, reason FROM audit"
                " WHERE action LIKE 'gateway.%' ORDER BY seq"
            ).all()
        return [(row[0], row[1], bool(row[2]), row[3]) for row in rows]


def bearer(text: str) -> dict[str, str]:
    """Return the header of a key."""
    return {"Authorization": f"Bearer {text}"}


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of a login."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
