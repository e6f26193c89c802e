"""The partners' gateway for tests, over a ward's store, on a free port."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3
from fastapi import FastAPI

from hub.gateway.app import create_app
from hub.gateway.auth_audit import Denials
from hub.gateway.clients.certificate_trust import CertificateTrust
from hub.gateway.clients.proxies import Proxies
from hub.gateway.resumable.writing import Uploads
from hub.gateway.serve import WebRole
from hub.gateway.soap.reply_signing import Signer
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.rules.clients.client import ANY
from hub.store.clients.key_file import KeyFile
from hub.store.messages.uploads import UploadLimits
from tests.support.gateway.clients import add_client
from tests.support.ward import Ward, open_ward
from tests.support.works import now

EVERYTHING = frozenset({ANY})


@dataclass(frozen=True, slots=True)
class PartnerGateway:
    """A running gateway with SOAP and REST, and the ward behind it."""

    ward: Ward
    url: str
    key: str
    """Of the client `provincial`, which may everything."""
    app: FastAPI

    def call(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """Make one request as the province."""
        fields = {"Authorization": f"Bearer {self.key}"}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        return urllib3.request(
            method, self.url + path, body=body or None, headers=fields, retries=False
        )

    def add_client(
        self,
        id: str,
        *,
        operations: frozenset[str] = EVERYTHING,
        agencies: frozenset[str] = EVERYTHING,
        calls_per_minute: int = 0,
    ) -> str:
        """Add another client; return the Authorization header of its key."""
        key = add_client(
            self.ward.store,
            id,
            operations=operations,
            agencies=agencies,
            calls_per_minute=calls_per_minute,
            now=now(),
        )
        return f"Bearer {key.text}"


@contextmanager
def open_partner_gateway(
    directory: Path,
    *,
    url: str = "",
    proxies: Proxies | None = None,
    key: str = "",
    reply_signer: Signer | None = None,
    uploads_at_once: int = 50,
    trust: CertificateTrust | None = None,
) -> Iterator[PartnerGateway]:
    """Open a ward, with an empty store there or at `url`, and the gateway before it.

    `key`: of the client `provincial`, where the store has it already.
    """
    with open_ward(directory, url) as ward:
        ward.intake.validator = Records(Rulebook.load())
        key = key or add_client(ward.store, "provincial", now=now()).text
        most = UploadLimits(uploads_at_once, 4096 * 1024 * 1024)
        app = create_app(
            ward.store,
            ward.files,
            ward.intake,
            denials=Denials(ward.store, clock=now),
            intake_token="in-token",
            file_token="file-token",
            proxies=proxies,
            keys=KeyFile(directory / "ws.key"),
            reply_signer=reply_signer,
            uploads=Uploads(store=ward.store, files=ward.files, clock=now, most=most),
            trust=trust,
        )
        web = WebRole(app, name="gateway", host="127.0.0.1", port=0)
        web.start()
        try:
            yield PartnerGateway(ward, f"http://127.0.0.1:{web.port}", key, app)
        finally:
            web.stop()
