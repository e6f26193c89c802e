"""What the SOAP endpoint takes as a body: MTOM, large files in flat memory, and what it refuses."""

import base64
import http.client
import random
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path

import pytest
from lxml import etree

from hub.gateway.clients.proxies import Proxies
from hub.gateway.soap.names import NS
from hub.gateway.soap.reading.envelope import EnvelopeReader
from hub.gateway.soap.reading.receive import TOGETHER, CallFiles
from hub.messages.invalid import InvalidMessage
from hub.store.messages.blobs import BlobStore
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import BIRTH, NUMBER, reception

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
XOP = '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:{}"/>'
BY = "<nguoiXuLy>Lê Thị Thử</nguoiXuLy><phongBanXuLy>Sở Thử</phongBanXuLy>"
STATUS = (
    f'<CapNhatTrangThaiHoSo xmlns="{NS}"><maHoSo>{NUMBER}</maHoSo><trangThai>4</trangThai>'
    f"<thoiDiemXuLy>2018-08-06T08:30:00+07:00</thoiDiemXuLy>{BY}</CapNhatTrangThaiHoSo>"
)
COMPONENT = reception().components[0]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward."""
    with open_partner_gateway(tmp_path) as opened:
        yield opened


def envelope(body: str, *, header: str = "", version: str = SOAP_11) -> bytes:
    """Return an envelope around a body."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    return (f'<s:Envelope xmlns:s="{version}">{head}<s:Body>{body}</s:Body></s:Envelope>').encode()


def submission(*contents: str) -> str:
    """Return a submission with files of these contents (base64 or an Include)."""
    files = "".join(
        f"<tepDinhKem><tenTep>{nth}.pdf</tenTep><loaiTep>application/pdf</loaiTep>"
        f"<noiDung>{content}</noiDung></tepDinhKem>"
        for nth, content in enumerate(contents)
    )
    return (
        f'<TiepNhanHoSoTrucTuyen xmlns="{NS}"><maHoSo>{NUMBER}</maHoSo><maTTHC>{BIRTH}</maTTHC>'
        "<chuHoSo><hoTen>Nguyễn Văn Mẫu</hoTen></chuHoSo><ngayNop>2018-08-06T01:30:00Z</ngayNop>"
        f"<thanhPhanHoSo><maThanhPhan>{COMPONENT.code}</maThanhPhan><tenThanhPhan>x</tenThanhPhan>"
        f"</thanhPhanHoSo>{files}</TiepNhanHoSoTrucTuyen>"
    )


def package(root: bytes, *parts: tuple[str, bytes], boundary: str = "=b_1") -> bytes:
    """Return an MTOM package: the envelope, then the parts by Content-ID."""
    head = f"--{boundary}\r\nContent-Type: application/xop+xml\r\nContent-ID: <root>\r\n\r\n"
    body = head.encode() + root
    for name, content in parts:
        body += (
            f"\r\n--{boundary}\r\nContent-ID: <{name}>\r\nContent-Type: application/pdf\r\n"
            "Content-Transfer-Encoding: binary\r\n\r\n"
        ).encode() + content
    return body + f"\r\n--{boundary}--\r\n".encode()


MTOM = (
    'multipart/related; type="application/xop+xml"; start="<root>"; start-info="text/xml"; '
    'boundary="=b_1"'
)


def post(
    gateway: PartnerGateway, body: bytes, media: str = "text/xml; charset=utf-8"
) -> tuple[int, str]:
    """Call the endpoint; return the status and the fault's code, "" where there is none."""
    reply = gateway.call("POST", "/soap", body, Content_Type=media)
    code = etree.fromstring(reply.data).find(f".//{{{NS}}}ma")
    return reply.status, "" if code is None else code.text or ""


def stored(gateway: PartnerGateway) -> set[bytes]:
    """Return what is in the file store."""
    return {
        place.read_bytes() for place in gateway.ward.files.directory.rglob("*") if place.is_file()
    }


def begun_files(gateway: PartnerGateway) -> list[Path]:
    """Return the files that are not whole."""
    return list(gateway.ward.files.directory.glob(".in-*"))


def until(is_so: Callable[[], bool]) -> bool:
    """Wait until something is so, 20 seconds at most; return whether it is."""
    never, end = threading.Event(), time.monotonic() + 20
    while not is_so() and time.monotonic() < end:
        never.wait(0.01)
    return is_so()


@pytest.mark.parametrize("name", ["a", "b c%20d@x"])
def test_files_by_mtom_are_those_of_the_call(gateway: PartnerGateway, name: str) -> None:
    """Binary parts with boundaries and line ends in them."""
    content = b"\r\n--=b_\r\n\x00--\r\n" * 5
    href = name.replace("%", "%25").replace(" ", "%20")
    root = envelope(submission(XOP.format(href), XOP.format("second")))
    body = package(root, (name, content), ("second", b"\r\n"))
    assert post(gateway, body, MTOM) == (200, "")
    assert stored(gateway) == {content, b"\r\n"}


def test_an_answer_is_never_mtom(gateway: PartnerGateway) -> None:
    """Stacks without MTOM can read it."""
    body = package(envelope(submission(XOP.format("a"))), ("a", b"x"))
    reply = gateway.call("POST", "/soap", body, Content_Type=MTOM)
    assert reply.headers["content-type"].startswith("text/xml")


@pytest.mark.parametrize(
    "body",
    [
        package(envelope(submission(XOP.format("a")))),
        package(envelope(submission(XOP.format("a"))), ("a", b"")),
        package(envelope(submission("SGVsbG8=")), ("a", b"x")),
        package(envelope(submission(XOP.replace("href", "HREF"))), ("a", b"x")),
        package(envelope(submission(XOP.replace("cid:{}", ""))), ("a", b"x")),
        package(envelope(submission(XOP.replace("cid:{}", "http://x/a"))), ("a", b"x")),
        package(envelope(submission(XOP.format("a"), XOP.format("a"))), ("a", b"x")),
        package(envelope(submission("x" + XOP.format("a"))), ("a", b"x")),
        package(envelope(submission(XOP.format("a"))), ("a", b"x"))[:-9],
        package(envelope(submission(XOP.format("a"))), ("a", b"x"), ("a", b"y")),
        package(envelope(submission(XOP.format("a"))), ("a", b"x")).replace(b"binary", b"base64"),
        b"--=b_1\r\n" + b"X: " + b"y" * 10_000,
        package(envelope(submission(XOP.format("a"))), *[(f"p{n}", b"") for n in range(101)]),
        b"no boundary at all",
    ],
)
def test_a_broken_package_is_refused_and_leaves_nothing(
    gateway: PartnerGateway, body: bytes
) -> None:
    """A missing part, one of 0 bytes, one that no element names, one named twice, an Include
    without an address, a cut line, an encoding, endless headers, too many."""
    status, code = post(gateway, body, MTOM)
    assert (status, code) == (500, "call_invalid")
    with gateway.ward.store.read() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM inbox").scalar() == 0
    assert not begun_files(gateway)


@pytest.mark.parametrize("content", ["SGVsbG8=", "SGVs\n bG8=\t", " SGVsbG8="])
def test_base64_may_have_lines(gateway: PartnerGateway, content: str) -> None:
    """As stacks wrap it."""
    assert post(gateway, envelope(submission(content))) == (200, "")
    assert stored(gateway) == {base64.b64decode("".join(content.split()))}


@pytest.mark.parametrize("content", ["SGVsbG8", "SGV*bG8=", "SGVsbG8=SGVsbG8=", "<a/>", "  ", ""])
def test_what_is_no_base64_is_refused(gateway: PartnerGateway, content: str) -> None:
    """And nothing half stays in the store."""
    assert post(gateway, envelope(submission(content))) == (500, "call_invalid")
    assert not begun_files(gateway)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<a", "xml_broken"),
        (b"", "xml_broken"),
        (b"\xff\xfe\xff", "xml_broken"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]>' + envelope(STATUS), "xml_broken"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + envelope(STATUS), "xml_broken"),
        (b'<?xml-stylesheet href="x"?>' + envelope(STATUS), "xml_broken"),
        (envelope("&x;"), "xml_broken"),
        (envelope("<a>" * 40 + "</a>" * 40), "call_invalid"),
        (envelope("<a/>" * 30_000), "call_invalid"),
        (envelope(f"<a>{'x' * 1_100_000}</a>"), "message_too_large"),
        (envelope(f'<a b="{"x" * 1_100_000}"/>'), "message_too_large"),
        (b"<a/>", "call_invalid"),
        (envelope(""), "call_invalid"),
        (envelope(STATUS + STATUS), "call_invalid"),
        (envelope(STATUS.replace(NS, "urn:x")), "call_invalid"),
        (envelope(STATUS.replace("CapNhat", "Xoa")), "call_invalid"),
        (envelope(STATUS, version="urn:soap"), "call_invalid"),
        (envelope(STATUS, header='<x s:mustUnderstand="1"/>'), "header_not_understood"),
        (
            envelope('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc"/>'),
            "call_invalid",
        ),
        (envelope(STATUS.replace("<trangThai>4", "<la/><trangThai>4")), "call_invalid"),
        (envelope(STATUS.replace("+07:00", "")), "call_invalid"),
        (envelope(STATUS.replace("2018-", "0001-")), "payload_invalid"),
    ],
)
def test_a_wrong_body_is_a_fault_with_a_code(
    gateway: PartnerGateway, body: bytes, code: str
) -> None:
    """The hub serves on, and nothing is stored."""
    assert post(gateway, body) == (413 if code == "message_too_large" else 500, code)
    assert post(gateway, envelope(STATUS)) == (200, "")


@pytest.mark.parametrize(
    ("version", "media", "status"),
    [(SOAP_11, "text/xml", 500), (SOAP_12, "application/soap+xml", 400)],
)
def test_a_fault_has_the_form_of_its_version(
    gateway: PartnerGateway, version: str, media: str, status: int
) -> None:
    """Namespace, media type and status, as the bindings have them."""
    body = envelope(STATUS.replace(">4<", ">11<"), version=version)
    reply = gateway.call("POST", "/soap", body, Content_Type=media)
    root = etree.fromstring(reply.data)
    assert reply.status == status
    assert reply.headers["content-type"].startswith(media)
    assert root.find(f"{{{version}}}Body/{{{version}}}Fault") is not None
    if version == SOAP_12:
        languages = [it.get("{http://www.w3.org/XML/1998/namespace}lang") for it in root.iter()]
        assert {"vi", "en"} <= set(languages)


def test_another_media_type_or_caller_is_refused_before_the_body(gateway: PartnerGateway) -> None:
    """415 and 401."""
    assert post(gateway, envelope(STATUS), "application/json") == (415, "media_type_unsupported")
    assert post(gateway, envelope(STATUS), "text/xml; charset=koi8-r")[0] == 415
    reply = gateway.call("POST", "/soap", envelope(STATUS), Authorization="Bearer no")
    assert reply.status == 401


def test_a_header_for_another_role_need_not_be_understood(gateway: PartnerGateway) -> None:
    """Nor one that need not be understood at all."""
    header = '<x s:mustUnderstand="1" s:actor="urn:somebody"/><y xmlns="urn:y"/>'
    assert post(gateway, envelope(STATUS, header=header)) == (200, "")


def test_utf_16_is_read(gateway: PartnerGateway) -> None:
    """As its declaration says."""
    text = '<?xml version="1.0" encoding="UTF-16"?>' + envelope(STATUS).decode()
    assert post(gateway, text.encode("utf-16"), "text/xml") == (200, "")


def test_the_contract_is_served_with_the_address_of_the_caller(gateway: PartnerGateway) -> None:
    """Service and import."""
    text = gateway.call("GET", "/soap?wsdl").data.decode()
    assert text.count(f'location="{gateway.url}/soap"') == 2
    assert f'schemaLocation="{gateway.url}/soap?xsd=hub.xsd"' in text
    etree.XMLSchema(etree.fromstring(gateway.call("GET", "/soap?xsd=hub.xsd").data))
    for path in ("/soap", "/soap?xsd=../hub.xsd", "/soap?xsd=/etc/passwd"):
        assert gateway.call("GET", path).status == 404


def test_a_proven_proxy_says_under_which_address_the_hub_was_called(tmp_path: Path) -> None:
    """Its word counts with its secret, nobody else's."""
    proxies = Proxies(networks=(ip_network("127.0.0.1/32"),), secret="proxy-word")
    with open_partner_gateway(tmp_path, proxies=proxies) as gateway:

        def served(secret: str) -> bytes:
            return gateway.call(
                "GET",
                "/soap?wsdl",
                X_Hub_Proxy_Secret=secret,
                X_Forwarded_Proto="https",
                X_Forwarded_Host="hub.example.vn",
            ).data

        proven, other = served("proxy-word"), served("guessed")
    assert b'location="https://hub.example.vn/soap"' in proven
    assert b"hub.example.vn" not in other


def test_the_tokens_of_devices_call_no_operation(gateway: PartnerGateway) -> None:
    """No device says what a partner says."""
    for token in ("in-token", "file-token"):
        reply = gateway.call("POST", "/soap", envelope(STATUS), Authorization=f"Bearer {token}")
        assert reply.status == 401


@pytest.mark.parametrize("mtom", [False, True])
def test_a_client_without_a_right_to_hand_files_over_stores_none(
    gateway: PartnerGateway, mtom: bool
) -> None:
    """403, written down; its own operation is served as before."""
    reader = gateway.add_client("kiosk", operations=frozenset({"dossiers.set_status"}))
    body, media = envelope(submission("SGVsbG8=")), "text/xml"
    if mtom:
        body, media = package(envelope(submission(XOP.format("a"))), ("a", b"x")), MTOM
    reply = gateway.call("POST", "/soap", body, Content_Type=media, Authorization=reader)
    assert reply.status == 403
    assert b"operation_forbidden" in reply.data
    assert stored(gateway) == set()
    reply = gateway.call(
        "POST", "/soap", envelope(STATUS), Content_Type="text/xml", Authorization=reader
    )
    assert reply.status == 200


def test_a_client_whose_calls_are_used_up_stores_no_file(gateway: PartnerGateway) -> None:
    """429 from the moment that the hub has counted the call too many."""
    busy = gateway.add_client("busy", calls_per_minute=1)
    calls = [envelope(STATUS), envelope(STATUS), envelope(submission("SGVsbG8="))]
    replies = [
        gateway.call("POST", "/soap", body, Content_Type="text/xml", Authorization=busy)
        for body in calls
    ]
    assert [reply.status for reply in replies] == [200, 429, 429]
    assert stored(gateway) == set()


def test_a_caller_that_goes_away_leaves_nothing(gateway: PartnerGateway) -> None:
    """In the middle of a file that the hub has begun to store."""
    gateway.ward.files.limit = 4_000_000
    body = envelope(submission("SGVsbG8h" * 600_000))
    line = http.client.HTTPConnection(gateway.url.removeprefix("http://"), timeout=10)
    line.putrequest("POST", "/soap")
    for name, value in (
        ("Content-Type", "text/xml"),
        ("Authorization", f"Bearer {gateway.key}"),
        ("Content-Length", str(len(body))),
    ):
        line.putheader(name, value)
    with closing(line):
        line.endheaders(body[: 2 * TOGETHER])
        assert until(lambda: len(begun_files(gateway)) == 1)
    assert until(lambda: not begun_files(gateway))
    assert post(gateway, envelope(STATUS)) == (200, "")
    assert stored(gateway) == set()


def test_memory_stays_flat_while_a_file_is_read(tmp_path: Path) -> None:
    """Thirty megabytes of base64 in pieces of any size cost no tenth of that."""
    files = CallFiles(BlobStore(tmp_path, limit=64 * 1024 * 1024), lambda _: None)
    reader = EnvelopeReader(files)
    head, _, tail = envelope(submission("~")).partition(b"~")
    piece, draw = base64.b64encode(random.Random(7).randbytes(30_000)), random.Random(8)
    tracemalloc.start()
    reader.feed(head)
    for _ in range(750):
        cut = draw.randrange(len(piece))
        reader.feed(piece[:cut])
        reader.feed(piece[cut:])
    reader.feed(tail)
    root = reader.close()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000
    assert len(root) == 1


def test_a_file_over_the_limit_ends_the_reading(tmp_path: Path) -> None:
    """At the limit, not at the end."""
    reader = EnvelopeReader(CallFiles(BlobStore(tmp_path, limit=1000), lambda _: None))
    head, _, _ = envelope(submission("~")).partition(b"~")
    with pytest.raises(InvalidMessage) as caught:
        reader.feed(head + b"AAAA" * 1000)
    reader.abandon()
    assert caught.value.code == "file_too_large"
    assert not list(tmp_path.glob(".in-*"))
