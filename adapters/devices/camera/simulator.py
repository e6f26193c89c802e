"""A camera without a lens that speaks ONVIF and RTSP: faults are switched on.

It checks logins as the UsernameToken profile wants: the digest, by its own clock, and each nonce
once. Its answers are made from the WSDLs of ONVIF by hand; no camera of the market was at hand.
"""

import base64
import hashlib
import socketserver
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.request import parse_http_list, parse_keqv_list

from lxml import etree

from adapters.devices.camera.onvif import DEVICE, MEDIA, SCHEMA, SOAP
from adapters.simulation.server_threads import ServerThreads
from adapters.wire.ws_security import WSSE, WSU

USER, PASSWORD = "phuong", "mat-khau-camera"
TAKES_FOR: Final = timedelta(seconds=30)
"""How far the time of a login may be from the camera's."""
NONCE: Final = "0123456789abcdef"
PICTURE: Final = b"\xff\xd8\xff\xe0 a picture of nothing \xff\xd9"


@dataclass
class CameraFaults:
    """What goes wrong; each fault for as long as it is set."""

    ahead: timedelta = timedelta()
    """How wrong the clock is."""
    no_profile: bool = False
    no_snapshot: bool = False
    elsewhere: bool = False
    """It names its own address as another network sees it."""
    picture: bytes = b""
    """The picture, in place of a whole one."""
    body: bytes = b""
    """What it answers in place of everything."""
    status: int = 0
    """The status of HTTP, in place of the true one."""
    rtsp: bytes = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n"
    """What the stream's server answers, b"" for nothing at all."""


@dataclass
class SimulatedCamera:
    """One camera; `with` serves it on ports of this machine."""

    faults: CameraFaults = field(default_factory=CameraFaults)
    calls: list[str] = field(default_factory=list)
    """The calls that it answered."""

    def __enter__(self) -> "SimulatedCamera":
        self._nonces: set[str] = set()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _http_of(self))
        self._rtsp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _rtsp_of(self))
        self._served = ServerThreads(self._http, self._rtsp)
        return self

    def __exit__(self, *_: object) -> None:
        self._served.stop()

    @property
    def url(self) -> str:
        """Where its device service answers."""
        return f"{self._root}/onvif/device_service"

    @property
    def stream(self) -> str:
        """Where its stream is."""
        return f"rtsp://127.0.0.1:{self._rtsp.server_address[1]}/live"

    @property
    def _root(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Answer a call: status and body."""
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        call = next(iter(root.find(f"{{{SOAP}}}Body")))  # type: ignore[arg-type]
        name = str(etree.QName(call).localname)
        self.calls.append(name)
        if self.faults.body or self.faults.status:
            return self.faults.status or 200, self.faults.body
        if name != "GetSystemDateAndTime" and not self._knows(root):
            return 400, _fault("Sender", "ter:NotAuthorized")
        of_media = path == "/onvif/media_service"
        if of_media != (etree.QName(call).namespace == MEDIA):
            return 400, _fault("Sender", "ter:ActionNotSupported")
        return self._answer(name, call)

    def picture(self, path: str, login: str) -> tuple[int, str, bytes]:
        """Answer a GET: status, what login is wanted, body."""
        if path != "/anh.jpg?kenh=1":
            return 404, "", b""
        wanted = f'Digest realm="camera", nonce="{NONCE}", qop="auth", algorithm=MD5'
        given = dict(parse_keqv_list(parse_http_list(login.removeprefix("Digest "))))
        hashed = hashlib.md5(f"GET:{path}".encode(), usedforsecurity=False).hexdigest()
        secret = hashlib.md5(f"{USER}:camera:{PASSWORD}".encode(), usedforsecurity=False)
        parts = (secret.hexdigest(), NONCE, given.get("nc"), given.get("cnonce"), "auth", hashed)
        made = hashlib.md5(":".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
        if given.get("response") != made or given.get("username") != USER:
            return 401, wanted, b""
        self.calls.append("picture")
        return 200, "", self.faults.picture or PICTURE

    def _answer(self, name: str, call: etree._Element) -> tuple[int, bytes]:
        if name == "GetSystemDateAndTime":
            return 200, _time(datetime.now(UTC) + self.faults.ahead)
        if name == "GetDeviceInformation":
            return 200, _reply(DEVICE, name, "<r:Model>Hub camera</r:Model>")
        where = self._root.replace(
            "127.0.0.1", "10.255.255.1" if self.faults.elsewhere else "127.0.0.1"
        )
        if name == "GetCapabilities":
            media = f"<tt:Media><tt:XAddr>{where}/onvif/media_service</tt:XAddr></tt:Media>"
            return 200, _reply(DEVICE, name, f"<r:Capabilities>{media}</r:Capabilities>")
        if name == "GetProfiles":
            profile = "" if self.faults.no_profile else '<r:Profiles token="chinh" fixed="true"/>'
            return 200, _reply(MEDIA, name, profile)
        known = call.findtext(f"{{{MEDIA}}}ProfileToken") == "chinh"
        if name != "GetSnapshotUri" or self.faults.no_snapshot or not known:
            return 500, _fault("Receiver", "ter:ActionNotSupported")
        uri = f"<r:MediaUri><tt:Uri>{where}/anh.jpg?kenh=1</tt:Uri></r:MediaUri>"
        return 200, _reply(MEDIA, name, uri)

    def _knows(self, root: etree._Element) -> bool:
        token = root.find(f".//{{{WSSE}}}UsernameToken")
        if token is None:
            return False
        nonce = token.findtext(f"{{{WSSE}}}Nonce") or ""
        created = token.findtext(f"{{{WSU}}}Created") or ""
        made = hashlib.sha1(
            base64.b64decode(nonce) + created.encode() + PASSWORD.encode(), usedforsecurity=False
        )
        right = token.findtext(f"{{{WSSE}}}Password") == base64.b64encode(made.digest()).decode()
        own = datetime.now(UTC) + self.faults.ahead
        fresh = abs(datetime.fromisoformat(created) - own) <= TAKES_FOR
        fresh = fresh and nonce not in self._nonces
        self._nonces.add(nonce)
        return right and fresh and token.findtext(f"{{{WSSE}}}Username") == USER


def _time(now: datetime) -> bytes:
    clock = (
        f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
        f"<tt:Second>{now.second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month>"
        f"<tt:Day>{now.day}</tt:Day></tt:Date>"
    )
    content = f"<tt:DateTimeType>NTP</tt:DateTimeType><tt:UTCDateTime>{clock}</tt:UTCDateTime>"
    return _reply(
        DEVICE,
        "GetSystemDateAndTime",
        f"<r:SystemDateAndTime>{content}</r:SystemDateAndTime>",
    )


def _reply(namespace: str, name: str, content: str) -> bytes:
    return _envelope(f'<r:{name}Response xmlns:r="{namespace}">{content}</r:{name}Response>')


def _fault(code: str, subcode: str) -> bytes:
    return _envelope(
        f"<s:Fault><s:Code><s:Value>s:{code}</s:Value><s:Subcode><s:Value>{subcode}</s:Value>"
        '</s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">no</s:Text></s:Reason></s:Fault>'
    )


def _envelope(content: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:tt="{SCHEMA}"><s:Body>{content}</s:Body></s:Envelope>'
    ).encode()


def _http_of(camera: SimulatedCamera) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._answer(*camera.answer(self.path, body))

        def do_GET(self) -> None:
            login = self.headers.get("Authorization", "")
            status, wanted, body = camera.picture(self.path, login)
            self._answer(status, body, wanted)

        def _answer(self, status: int, body: bytes, wanted: str = "") -> None:
            self.send_response(status)
            if wanted:
                self.send_header("WWW-Authenticate", wanted)
            self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    return Handler


def _rtsp_of(camera: SimulatedCamera) -> type[socketserver.BaseRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                continue
            self.wfile.write(camera.faults.rtsp)

    return Handler
