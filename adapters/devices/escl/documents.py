"""The XML of eSCL (Mopria 2.97): what a scanner can do, how it is, and what is asked of it. Pure.

Scanners differ in what they leave out, so what is not there is read as the least that it may mean.
A side of the paper, a feeder or a resolution counts only when the scanner lists it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from lxml import etree

from adapters.wire.xml import parse
from hub.messages.invalid import InvalidMessage

SCAN: Final = "http://schemas.hp.com/imaging/escl/2011/05/03"
PWG: Final = "http://www.pwg.org/schemas/2010/12/sm"
JPEG: Final = "image/jpeg"
A4: Final = (2480, 3508)
"""Width and height in three hundredths of an inch, as eSCL counts."""


class NotEscl(Exception):
    """The address answered, but not as a scanner by eSCL; the text says how, without content."""


class NotOffered(Exception):
    """The scanner does not list what was asked for."""


class Input(StrEnum):
    """Where paper lies."""

    PLATEN = "Platen"
    FEEDER = "Feeder"


@dataclass(frozen=True, slots=True)
class InputAbilities:
    """What one way of taking in paper can do."""

    resolutions: frozenset[int] = frozenset()
    """Dots an inch; empty where the scanner does not list them one by one."""
    colors: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    width: int = A4[0]
    height: int = A4[1]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a scanner says that it can do."""

    version: str
    model: str
    inputs: Mapping[tuple[Input, bool], InputAbilities]
    """By input and whether both sides are scanned."""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """How a scan job is."""

    state: str
    """Pending, Processing, Completed, Canceled or Aborted."""
    images: int
    """Pages that the scanner has finished."""
    waiting: int = 0
    """Pages that it holds for us."""
    reasons: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether more pages may come."""
        return self.state in ("Pending", "Processing")


@dataclass(frozen=True, slots=True)
class ScannerStatus:
    """How a scanner is."""

    state: str
    """Idle, Processing, Testing, Stopped or Down."""
    adf: str = ""
    """State of the feeder, "" where the scanner has none or does not say."""
    jobs: Mapping[str, JobStatus] = field(default_factory=dict)
    """By the path of their address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings:
    """What is asked of a scanner."""

    input: Input
    duplex: bool = False
    dpi: int = 300
    color: str = "Grayscale8"


def settings_for(
    able: Capabilities, wanted: Input, *, duplex: bool = False, dpi: int = 300
) -> ScanSettings:
    """Return settings that a scanner lists, the nearest to what is wanted. Raises NotOffered.

    Another resolution or colour is the same paper; a side that is not scanned is not.
    """
    abilities = able.inputs.get((wanted, duplex))
    if abilities is None:
        raise NotOffered(f"{wanted}, {'both sides' if duplex else 'one side'}")
    enough = [it for it in abilities.resolutions if it >= dpi]
    best = min(enough) if enough else max(abilities.resolutions, default=dpi)
    colors = ("Grayscale8", "RGB24", "BlackAndWhite1")
    color = next((it for it in colors if it in abilities.colors), colors[0])
    # One page a file: of a PDF some scanners give all pages at once, and no count can be compared.
    if JPEG not in abilities.formats:
        raise NotOffered(f"{wanted} as {JPEG}")
    return ScanSettings(input=wanted, duplex=duplex, dpi=best, color=color)


def write_settings(wanted: ScanSettings, able: Capabilities) -> bytes:
    """Return the body that begins a job."""
    abilities = able.inputs[wanted.input, wanted.duplex]
    root = etree.Element(f"{{{SCAN}}}ScanSettings", nsmap={"scan": SCAN, "pwg": PWG})
    _add(root, PWG, "Version", able.version)
    region = _add(_add(root, PWG, "ScanRegions"), PWG, "ScanRegion")
    for name, value in (
        ("ContentRegionUnits", "escl:ThreeHundredthsOfInches"),
        ("XOffset", "0"),
        ("YOffset", "0"),
        ("Width", str(min(A4[0], abilities.width))),
        ("Height", str(min(A4[1], abilities.height))),
    ):
        _add(region, PWG, name, value)
    _add(root, PWG, "InputSource", wanted.input)
    if wanted.input is Input.FEEDER:
        _add(root, SCAN, "Duplex", "true" if wanted.duplex else "false")
    _add(root, SCAN, "ColorMode", wanted.color)
    _add(root, SCAN, "XResolution", str(wanted.dpi))
    _add(root, SCAN, "YResolution", str(wanted.dpi))
    _add(root, PWG, "DocumentFormat", JPEG)
    _add(root, SCAN, "DocumentFormatExt", JPEG)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read_capabilities(body: bytes) -> Capabilities:
    """Read `ScannerCapabilities`. Raises NotEscl."""
    root = _root(body, "ScannerCapabilities")
    places = {
        (Input.PLATEN, False): "scan:Platen/scan:PlatenInputCaps",
        (Input.FEEDER, False): "scan:Adf/scan:AdfSimplexInputCaps",
        (Input.FEEDER, True): "scan:Adf/scan:AdfDuplexInputCaps",
    }
    found = {key: root.find(path, _NAMES) for key, path in places.items()}
    inputs = {key: _abilities(it) for key, it in found.items() if it is not None}
    if not inputs:
        raise NotEscl("the scanner lists neither glass nor feeder")
    return Capabilities(_text(root, "pwg:Version"), _text(root, "pwg:MakeAndModel"), inputs)


def read_status(body: bytes) -> ScannerStatus:
    """Read `ScannerStatus`. Raises NotEscl."""
    root = _root(body, "ScannerStatus")
    jobs = {}
    for job in root.iterfind("scan:Jobs/scan:JobInfo", _NAMES):
        reasons = job.iterfind("pwg:JobStateReasons/pwg:JobStateReason", _NAMES)
        jobs[path_of(_text(job, "pwg:JobUri"))] = JobStatus(
            _text(job, "pwg:JobState"),
            _number(job, "pwg:ImagesCompleted"),
            _number(job, "pwg:ImagesToTransfer"),
            tuple((it.text or "").strip() for it in reasons),
        )
    state = _text(root, "pwg:State")
    if not state:
        raise NotEscl("the reply has no state")
    return ScannerStatus(state, _text(root, "scan:AdfState"), jobs)


@dataclass(frozen=True, slots=True)
class Job:
    """Where a job is, by the address that a scanner gave it."""

    path: str
    host: str
    """"" where it names none. It is never called: a scanner may give the name of another network,
    or of anything else.
    """


def job_of(address: str) -> Job:
    """Return the job of a `Location`. Raises NotEscl for one that cannot be asked for."""
    path = path_of(address)
    plain = path.isascii() and path.isprintable() and " " not in path
    if not plain or not path.startswith("/") or len(path) > _LONGEST_PATH:
        raise NotEscl(f"the address of its job cannot be used: {address[:_SHOWN]!a}")
    _, found, behind = address.partition("://")
    host = behind.partition("/")[0] if found else ""
    return Job(path, host if host.isascii() and host.isprintable() else ascii(host[:_SHOWN]))


def path_of(address: str) -> str:
    """Return the path of a job's address, which may be given with or without its host."""
    _, found, behind = address.partition("://")
    path = f"/{behind.partition('/')[2]}" if found else address
    return path.rstrip("/")


_NAMES: Final = {"scan": SCAN, "pwg": PWG}
_LONGEST_PATH, _SHOWN = 500, 80


def _root(body: bytes, name: str) -> etree._Element:
    try:
        root = parse(body)
    except InvalidMessage as error:
        raise NotEscl(f"the reply is no XML that is read ({error.where})") from None
    if root.tag != f"{{{SCAN}}}{name}":
        raise NotEscl(f"the reply is no {name}")
    return root


def _abilities(caps: etree._Element) -> InputAbilities:
    resolutions = _texts(caps, ".//scan:DiscreteResolution/scan:XResolution")
    formats = _texts(caps, ".//pwg:DocumentFormat") + _texts(caps, ".//scan:DocumentFormatExt")
    return InputAbilities(
        resolutions=frozenset(dpi for it in resolutions if (dpi := _count(it))),
        colors=frozenset(_texts(caps, ".//scan:ColorMode")),
        formats=frozenset(formats),
        width=_number(caps, "scan:MaxWidth") or A4[0],
        height=_number(caps, "scan:MaxHeight") or A4[1],
    )


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path, "", _NAMES) or "").strip()


def _texts(element: etree._Element, path: str) -> list[str]:
    return [(it.text or "").strip() for it in element.iterfind(path, _NAMES)]


def _number(element: etree._Element, path: str) -> int:
    return _count(_text(element, path))


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _add(parent: etree._Element, space: str, name: str, text: str = "") -> etree._Element:
    child = etree.SubElement(parent, f"{{{space}}}{name}")
    child.text = text or None
    return child
