"""SOAP calls with WS-Security for tests, sent without any proof in the HTTP request."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import urllib3
from lxml import etree

from adapters.wire.ws_security import LASTS, EnvelopeSecurity, SecuritySettings
from hub.gateway.soap.names import NS
from hub.operations.signed_by import SignedBy
from hub.rules.clients.api_keys import ApiKey
from hub.store.clients.key_file import KeyFile
from hub.store.engine.store import Store
from tests.support.gateway.clients import add_client
from tests.support.network.certificates import Pair
from tests.support.ward import NUMBER
from tests.support.works import now

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
MEDIA = {SOAP_11: "text/xml; charset=utf-8", SOAP_12: "application/soap+xml; charset=utf-8"}
BY = "<nguoiXuLy>Lê Thị Thử</nguoiXuLy><phongBanXuLy>Sở Thử</phongBanXuLy>"


def status_call(status: int = 4) -> str:
    """Return a call that sets a status."""
    return (
        f'<CapNhatTrangThaiHoSo xmlns="{NS}"><maHoSo>{NUMBER}</maHoSo>'
        f"<trangThai>{status}</trangThai>"
        f"<thoiDiemXuLy>2018-08-06T08:30:00+07:00</thoiDiemXuLy>{BY}</CapNhatTrangThaiHoSo>"
    )


def envelope(body: str, *, header: str = "", version: str = SOAP_11) -> bytes:
    """Return an envelope around a body."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    return f'<s:Envelope xmlns:s="{version}">{head}<s:Body>{body}</s:Body></s:Envelope>'.encode()


def signed_by() -> SignedBy:
    """Return who acts in these tests."""
    return {"actor": "Trần Thị Bình", "reason": "a test", "now": now()}


def add_by_password(store: Store, keys: Path, id: str = "user") -> ApiKey:
    """Add a client with a key that is a password of WS-Security, too."""
    return add_client(store, id, ws_keys=made(keys), now=now())


def made(place: Path) -> KeyFile:
    """Return a key file that is there."""
    keys = KeyFile(place)
    keys.make()
    return keys


def security(
    *,
    pair: Pair | None = None,
    user: str = "",
    password: str = "",
    as_text: bool = False,
    ahead: timedelta = timedelta(),
    lasts: timedelta = LASTS,
) -> EnvelopeSecurity:
    """Return what secures calls as the hub secures its own, with a clock that may be wrong."""
    settings = SecuritySettings(
        certificate=pair.certificate if pair else None,
        key=pair.key if pair else None,
        username=user,
        password=password,
        secret_form="text" if as_text else "digest",
        lasts=lasts,
    )
    clock: Callable[[], datetime] = lambda: datetime.now(UTC) + ahead  # noqa: E731
    return EnvelopeSecurity(settings, clock=clock)


def signed(pair: Pair, body: str = "", version: str = SOAP_11) -> etree._Element:
    """Return a signed envelope."""
    whole = security(pair=pair).secure(envelope(body or status_call(), version=version))
    return etree.fromstring(whole)


def one(root: etree._Element, name: str) -> etree._Element:
    """Return the first element of a local name."""
    return next(it for it in root.iter() if etree.QName(it).localname == name)


def post(
    url: str, body: bytes, *, version: str = SOAP_11, **headers: str
) -> urllib3.BaseHTTPResponse:
    """Send a call without a token."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    fields.setdefault("Content-Type", MEDIA[version])
    return urllib3.request("POST", f"{url}/soap", body=body, headers=fields, retries=False)


def outcome(reply: urllib3.BaseHTTPResponse) -> tuple[int, str]:
    """Return the status and the fault's code, "" where there is none."""
    code = etree.fromstring(reply.data).find(f".//{{{NS}}}ma")
    return reply.status, "" if code is None else code.text or ""
