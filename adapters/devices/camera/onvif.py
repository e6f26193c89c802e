"""The SOAP of ONVIF that the hub speaks: requests without a login, and what replies say. Pure.

From the device and media services of ONVIF (ver10). Nothing of a reply is trusted further than it
is read here: a place that it names is used as a path of the camera's own host.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from adapters.wire.xml import parse
from hub.messages.invalid import InvalidMessage

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_MOST_TEXT: Final = 60
_MOST_TOKEN: Final = 64
_MOST_PLACE: Final = 2_000
_OF_DEVICE: Final = ("GetSystemDateAndTime", "GetDeviceInformation", "GetCapabilities")


class NotOnvif(Exception):
    """The address answered, but not as a camera by ONVIF; the text says how, without content."""


class OnvifFault(Exception):
    """The camera refused a call; `code` is the last name of the fault's codes."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def is_of_login(self) -> bool:
        """Whether user or password, or the time of the call, is what the camera refuses."""
        return self.code in ("NotAuthorized", "FailedAuthentication", "InvalidSecurity")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a camera says something is: a port and a path, never another host."""

    port: int | None
    path: str


@dataclass(frozen=True, slots=True)
class CameraInformation:
    """Which camera it is, in its own words."""

    model: str
    firmware: str


def request(name: str, **values: str) -> bytes:
    """Return the envelope of a call."""
    namespace = DEVICE if name in _OF_DEVICE else MEDIA
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "o": namespace})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    call = etree.SubElement(body, f"{{{namespace}}}{name}")
    for key, value in values.items():
        etree.SubElement(call, f"{{{namespace}}}{key}").text = value
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def content_of(reply: bytes) -> etree._Element:
    """Return what the body of a reply holds. Raises OnvifFault and NotOnvif."""
    try:
        root = parse(reply)
    except InvalidMessage as error:
        raise NotOnvif(f"no XML: {error.where}: {error.why}"[:200]) from None
    body = root.find(f"{{{SOAP}}}Body") if root.tag == f"{{{SOAP}}}Envelope" else None
    content = next(iter(body), None) if body is not None else None
    if content is None:
        raise NotOnvif("the reply is no SOAP 1.2")
    if content.tag == f"{{{SOAP}}}Fault":
        codes = [it.text or "" for it in content.iter(f"{{{SOAP}}}Value")]
        raise OnvifFault(_short(codes[-1].rpartition(":")[2] if codes else "Fault"))
    return content


def read_time(content: etree._Element) -> datetime:
    """Return the camera's time in UTC, cut off to seconds. Raises NotOnvif."""
    utc = content.find(f".//{{{SCHEMA}}}UTCDateTime")
    if utc is None:
        raise NotOnvif("the reply has no UTCDateTime")
    names = ("Year", "Month", "Day", "Hour", "Minute", "Second")
    texts = [utc.findtext(f".//{{{SCHEMA}}}{name}") or "" for name in names]
    try:
        year, month, day, hour, minute, second = (int(it) for it in texts if len(it) <= 5)
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        raise NotOnvif("its time is no time") from None


def read_information(content: etree._Element) -> CameraInformation:
    """Return which camera it is."""
    return CameraInformation(
        model=_short(content.findtext(f"{{{DEVICE}}}Model") or ""),
        firmware=_short(content.findtext(f"{{{DEVICE}}}FirmwareVersion") or ""),
    )


def read_media_place(content: etree._Element) -> Place:
    """Return where the media service is. Raises NotOnvif for a device without one."""
    return _place(
        content.findtext(f".//{{{SCHEMA}}}Media/{{{SCHEMA}}}XAddr") or "", "media service"
    )


def read_profiles(content: etree._Element) -> list[str]:
    """Return the tokens of the profiles, in the camera's order."""
    tokens = [it.get("token") or "" for it in content.iter(f"{{{MEDIA}}}Profiles")]
    return [it for it in tokens if 0 < len(it) <= _MOST_TOKEN and it.isprintable()]


def read_snapshot_place(content: etree._Element) -> Place:
    """Return where the picture is. Raises NotOnvif."""
    return _place(content.findtext(f".//{{{SCHEMA}}}Uri") or "", "picture")


def _place(uri: str, what: str) -> Place:
    try:
        parts = urlsplit(uri.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        port = parts.port
    except ValueError:
        usable, port = False, None
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}" if usable else ""
    plain = path.isascii() and path.isprintable() and " " not in path
    if not usable or not plain or len(path) > _MOST_PLACE:
        raise NotOnvif(f"it names no usable address of its {what}")
    return Place(port, path)


def _short(text: str) -> str:
    return text.strip()[:_MOST_TEXT]
