"""Abuse of the gateway that really runs: each kind gets a clear refusal, or its line is closed;
memory stays flat, and another client is served meanwhile.

Slow bodies, limits of a header and of connections are in test_slow_connections and
test_connections, what SOAP refuses in test_soap_bodies, guessing of tokens in test_guessing.
"""

import contextlib
import json
import resource
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.gateway.soap.test_soap_bodies import STATUS as SOAP_STATUS
from tests.integration.gateway.soap.test_soap_bodies import envelope, stored, submission
from tests.integration.gateway.v1.test_rest_operations import DOSSIER, STATUS
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import NUMBER, reception

BOUND = 20.0
LINES = 8
"""Attackers of a kind at once."""
FLAT = 32 * 1024 * 1024
"""Bytes by which the process may grow under all attacks of a kind."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartnerGateway]:
    """The gateway over a ward with one dossier; attacks leave nothing, so all tests share it."""
    with open_partner_gateway(tmp_path_factory.mktemp("ward")) as opened:
        opened.ward.accept(reception())
        yield opened


class Meanwhile:
    """Another client, which reads a dossier again and again while the hub is attacked."""

    def __init__(self, gateway: PartnerGateway) -> None:
        self.served = 0
        self.refused = list[int]()
        self._gateway = gateway
        self._ended = threading.Event()
        self._once = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Meanwhile":
        self._thread.start()
        assert self._once.wait(BOUND)
        return self

    def __exit__(self, *_: object) -> None:
        self._once.clear()
        assert self._once.wait(BOUND)  # also behind the attack, before it is over
        self._ended.set()
        self._thread.join(BOUND)

    def _run(self) -> None:
        while not self._ended.is_set():
            status = self._gateway.call("GET", DOSSIER).status
            if status == 200:
                self.served += 1
                self._once.set()
            else:
                self.refused.append(status)


def memory() -> int:
    """Return the most that this process, which is hub and attacker, has taken so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def attack(gateway: PartnerGateway, sent: bytes) -> bytes:
    """Send bytes on a line of their own; return what comes until the hub closes it."""
    host, port = gateway.url.removeprefix("http://").split(":")
    found = b""
    with socket.create_connection((host, int(port)), timeout=BOUND) as line:
        with contextlib.suppress(OSError):  # it was closed while we sent
            line.sendall(sent)
        with contextlib.suppress(ConnectionResetError):
            while part := line.recv(65536):
                if not found:
                    with contextlib.suppress(OSError):
                        line.shutdown(socket.SHUT_WR)
                found += part
    return found


def answers(text: bytes) -> list[int]:
    """Return the statuses of the answers on a line."""
    return [int(it[:3]) for it in text.split(b"HTTP/1.1 ")[1:]]


def request(
    gateway: PartnerGateway, method: str, path: str, *fields: str, body: bytes = b"", size: str = ""
) -> bytes:
    """Return a request as bytes, with whatever header fields."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: hub",
        f"Authorization: Bearer {gateway.key}",
        *fields,
    ]
    if body or size:
        head.append(f"Content-Length: {size or len(body)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


SECRET = b"GET /v1/dossiers/SMUGGLED HTTP/1.1\r\nHost: hub\r\n\r\n"
"""A request within the body of another."""
SMUGGLED = {
    "both lengths": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "both, the other way": b"Transfer-Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\n"
    + SECRET,
    "two lengths": b"Content-Length: 0\r\nContent-Length: 51\r\n\r\n" + SECRET,
    "a list of lengths": b"Content-Length: 0, 51\r\n\r\n" + SECRET,
    "a signed length": b"Content-Length: +0\r\n\r\n" + SECRET,
    "a negative length": b"Content-Length: -1\r\n\r\n" + SECRET,
    "a hexadecimal length": b"Content-Length: 0x0\r\n\r\n" + SECRET,
    "a length with a letter": b"Content-Length: 0a\r\n\r\n" + SECRET,
    "a length beyond all numbers": b"Content-Length: 99999999999999999999\r\n\r\n" + SECRET,
    "an unknown encoding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SECRET,
    "chunked not last": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SECRET,
    "a space before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "a folded encoding": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "a control before the value": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + SECRET,
    "a bare carriage return": b"A: b\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "a zero byte": b"A: b\x00c\r\n\r\n" + SECRET,
    "a chunk of no number": b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n" + SECRET,
    "a signed chunk": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + SECRET,
    "a chunk beyond all numbers": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff0\r\n"
    + SECRET,
    "a chunk without its end": b"Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n" + SECRET,
}


@pytest.mark.parametrize("shape", SMUGGLED.values(), ids=SMUGGLED.keys())
def test_a_request_hidden_in_another_is_never_answered(
    gateway: PartnerGateway, shape: bytes
) -> None:
    """One refusal, or one answer and a refusal, and the line is closed: no program in front can be
    led to take the hub's second answer for that of another caller.
    """
    head = b"POST /v1/dossiers HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n"
    given = answers(attack(gateway, head + shape))
    assert len([it for it in given if it == 400]) <= 1
    assert given in ([400], [401], [401, 400])


@pytest.mark.parametrize(
    "sent",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT hub:22 HTTP/1.1\r\nHost: hub\r\n\r\n",
        b"GET /health HTTP/9.9\r\nHost: hub\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/1.1\nHost: a\nHost: b\n\n",
        b"G\x00T /health HTTP/1.1\r\nHost: hub\r\n\r\n",
        b"TRACE /health HTTP/1.1\r\nHost: hub\r\nCookie: a\r\n\r\n",
        b"\x00" * 100_000,
        b"GET /health HTTP/1.1\r\nHost: hub\r\n: empty\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: hub\r\nA\x01B: c\r\n\r\n",
    ],
)
def test_what_is_no_request_gets_one_refusal(gateway: PartnerGateway, sent: bytes) -> None:
    """A status of 4xx, nothing of a header is echoed, and the line is closed."""
    text = attack(gateway, sent)
    (status,) = answers(text)
    assert 400 <= status < 500
    assert b"Cookie" not in text


TRICKS = [
    "../../etc/passwd",
    "..",
    ". .",
    "a/b.pdf",
    "a\\b.pdf",
    "a\x00.pdf",
    "a\r\nX: y.pdf",
    "hop\u202efdp.exe",
    "a\u200bb.pdf",
    "\ufeffa.pdf",
    "a\u2028b.pdf",
    "a\u2066b\u2069.pdf",
    "a\x85b.pdf",
    "x" * 251,
    "",
]


@pytest.mark.parametrize("name", TRICKS)
def test_a_name_that_tricks_its_reader_is_refused(gateway: PartnerGateway, name: str) -> None:
    """By REST and by SOAP, with the field; the same file under an honest name is taken."""
    reply = gateway.call("POST", "/v1/files", b"plain text", Content_Type="text/plain")
    sha256 = json.loads(reply.data)["maBamTep"] if reply.status == 201 else "0" * 64
    file = {"tenTep": name, "loaiTep": "text/plain", "maBamTep": sha256}
    body = json.dumps(STATUS | {"tepDinhKem": [file]}).encode()
    reply = gateway.call("POST", f"{DOSSIER}/statuses", body, Content_Type="application/json")
    told = json.loads(reply.data)
    assert (reply.status, told["code"]) in [(422, "call_invalid"), (422, "file_missing")]
    if any(ord(letter) < 32 and letter not in "\r\n" for letter in name):
        return  # no XML says that
    text = submission("SGVsbG8=").replace("0.pdf", name.replace("\r\n", "&#13;&#10;"))
    reply = gateway.call("POST", "/soap", envelope(text), Content_Type="text/xml")
    assert reply.status == 500
    assert b"Client" in reply.data


@pytest.mark.parametrize(
    "host", ['a"><script>', "hub\\@evil", "evil.example/x", "a b", "é", "[::1"]
)
def test_a_host_that_is_none_stands_in_no_answer(gateway: PartnerGateway, host: str) -> None:
    """The address of the WSDL and of links is made of it."""
    for path in ("/soap?wsdl", "/v1/dossiers/x"):
        sent = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        text = attack(gateway, sent)
        assert answers(text)[0] in (200, 400, 401)
        assert host.encode() not in text


@pytest.mark.parametrize("injected", ["a\r\nX-Evil: 1", "a%0d%0aX-Evil: 1", "a\u560aX-Evil: 1"])
def test_no_caller_adds_a_header_to_an_answer(gateway: PartnerGateway, injected: str) -> None:
    """By a key, an address or a name of a field."""
    quoted = injected.replace("\r\n", "%0D%0A").replace(" ", "%20").encode().decode("latin-1")
    for path in (f"/v1/dossiers/{quoted}", f"/v1/faults/{quoted}", f"/soap?xsd={quoted}"):
        text = attack(gateway, request(gateway, "GET", path, "Connection: close"))
        head, _, _ = text.partition(b"\r\n\r\n")
        assert b"x-evil" not in head.lower()
        assert 400 <= answers(text)[0] < 500


@pytest.mark.parametrize(
    "media",
    [
        "",
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "*",
    ],
)
@pytest.mark.parametrize("path", ["/v1/dossiers", f"{DOSSIER}/statuses", "/soap"])
def test_a_wrong_content_type_is_refused(gateway: PartnerGateway, path: str, media: str) -> None:
    """415 before the body is read as something that it does not say it is."""
    fields = [f"Content-Type: {media}"] if media else []
    sent = request(gateway, "POST", path, "Connection: close", *fields, body=b"{}")
    assert answers(attack(gateway, sent)) == [415]


INJECTED = [
    "'; DROP TABLE dossiers; --",
    '" OR 1=1 --',
    "{{7*7}}",
    "${jndi:ldap://127.0.0.1/a}",
    "%s%s%n",
    "<script>alert(1)</script>",
    "$(touch /tmp/x)",
    "{0.__class__}",
]


@pytest.mark.parametrize("text", INJECTED)
def test_what_looks_like_code_is_text(gateway: PartnerGateway, text: str) -> None:
    """It comes back as it was said, or is refused; the store is whole, and nothing was computed."""
    said = STATUS | {"nguoiXuLy": text, "noiDungXuLy": text}
    reply = gateway.call(
        "POST",
        f"{DOSSIER}/statuses",
        json.dumps(said).encode(),
        Content_Type="application/json",
        Idempotency_Key=f"k{INJECTED.index(text)}",
    )
    assert reply.status == 202, reply.data
    gateway.ward.settle()
    steps = json.loads(gateway.call("GET", DOSSIER).data)["tienTrinh"]
    assert text in [step["nguoiXuLy"] for step in steps]
    assert b"49" not in reply.data.replace(NUMBER.encode(), b"") or "7*7" not in text
    for path in ("/v1/dossiers/", "/v1/dossiers?ngay=", "/v1/dossiers?ngay=2018-08-06&sau="):
        asked = gateway.call("GET", path + "".join(f"%{byte:02X}" for byte in text.encode()))
        assert 400 <= asked.status < 500
    with gateway.ward.store.read() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM dossiers").scalar_one() == 1


def deep_json(_: PartnerGateway) -> bytes:
    return b'{"a":' * 40_000


def wide_json(_: PartnerGateway) -> bytes:
    return b"{" + b",".join(b'"a%d":1' % n for n in range(20_000)) + b"}"


def large_json(_: PartnerGateway) -> bytes:
    return b'{"trichYeu": "' + b"x" * 8_000_000 + b'"}'


def laughing_xml(_: PartnerGateway) -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><x>&a9;</x>'.encode()


def deep_xml(_: PartnerGateway) -> bytes:
    return envelope("<a>" * 100_000)


def wide_attributes(_: PartnerGateway) -> bytes:
    return envelope("<a " + " ".join(f'b{n}="{"x" * 200}"' for n in range(20_000)) + "/>")


def large_attribute(_: PartnerGateway) -> bytes:
    return envelope(f'<a b="{"x" * 8_000_000}"/>')


def many_namespaces(_: PartnerGateway) -> bytes:
    return envelope("<a " + " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(20_000)) + "/>")


def outer_file(_: PartnerGateway) -> bytes:
    return b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


def included_file(_: PartnerGateway) -> bytes:
    xi = "http://www.w3.org/2001/XInclude"
    return envelope(f'<xi:include xmlns:xi="{xi}" href="file:///etc/passwd" parse="text"/>')


JSON, XML = ("application/json", f"{DOSSIER}/statuses"), ("text/xml", "/soap")
BODIES = {
    deep_json: JSON,
    wide_json: JSON,
    large_json: JSON,
    laughing_xml: XML,
    deep_xml: XML,
    wide_attributes: XML,
    large_attribute: XML,
    many_namespaces: XML,
    outer_file: XML,
    included_file: XML,
}


@pytest.mark.parametrize("made", BODIES, ids=lambda it: it.__name__)
def test_a_hostile_body_costs_little_and_harms_no_other(
    gateway: PartnerGateway, made: object
) -> None:
    """Eight at once, again and again: each is refused, memory stays flat, others are served."""
    (media, path), body = BODIES[made], made(gateway)  # type: ignore[index,operator]
    sent = request(gateway, "POST", path, f"Content-Type: {media}", "Connection: close", body=body)
    with ThreadPoolExecutor(LINES) as pool:
        list(pool.map(lambda _: attack(gateway, sent), range(LINES)))  # what it costs once, it may
        before, kept = memory(), stored(gateway)
        with Meanwhile(gateway) as other:
            given = list(pool.map(lambda _: attack(gateway, sent), range(3 * LINES)))
    grown = memory() - before
    print(f"{made.__name__}: {other.served} calls of another client served, {grown:,} bytes grown")  # type: ignore[attr-defined]
    for text in given:
        assert b"root:" not in text
        # A refusal may come while the rest is still on its way, and be lost with the line.
        assert not text or answers(text)[0] in (400, 413, 422, 500)
        assert answers(text)[:1] != [500] or b"faultcode>soap:Client" in text
    assert other.refused == []
    assert grown < FLAT
    assert stored(gateway) == kept


def test_the_hub_takes_calls_as_before(gateway: PartnerGateway, tmp_path: Path) -> None:
    """After all that."""
    del tmp_path
    reply = gateway.call("POST", "/soap", envelope(SOAP_STATUS), Content_Type="text/xml")
    assert reply.status == 200
