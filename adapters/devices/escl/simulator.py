"""A scanner without glass that speaks eSCL: pages lie in its feeder, faults are switched on.

It keeps jobs as scanners do: a job is begun, its pages are pulled, its count of pages can be asked
for. Other people's drivers scan with it (`tests/foreign`), so what it answers is right.
"""

import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from lxml import etree

from adapters.devices.escl.documents import JPEG, PWG, SCAN
from adapters.simulation.server_threads import ServerThreads

_CAPS: Final = """
<scan:MinWidth>16</scan:MinWidth><scan:MaxWidth>2550</scan:MaxWidth>
<scan:MinHeight>16</scan:MinHeight><scan:MaxHeight>4200</scan:MaxHeight>
<scan:MaxScanRegions>1</scan:MaxScanRegions>
<scan:SettingProfiles><scan:SettingProfile>
<scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode>
</scan:ColorModes>
<scan:DocumentFormats><pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat>
<scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt></scan:DocumentFormats>
<scan:SupportedResolutions><scan:DiscreteResolutions>{resolutions}</scan:DiscreteResolutions>
</scan:SupportedResolutions>
</scan:SettingProfile></scan:SettingProfiles>
<scan:SupportedIntents><scan:Intent>Document</scan:Intent></scan:SupportedIntents>
<scan:MaxOpticalXResolution>600</scan:MaxOpticalXResolution>
<scan:MaxOpticalYResolution>600</scan:MaxOpticalYResolution>
"""
_RESOLUTIONS: Final = (75, 150, 300, 600)


@dataclass
class ScannerFaults:
    """What goes wrong; each fault for as long as it is set."""

    adf: str = ""
    """A state of the feeder in place of the true one, as `ScannerAdfJam`."""
    not_ready: int = 0
    """So many calls for a page get `not_ready_status` first."""
    not_ready_status: int = 503
    busy: bool = False
    """No job is begun."""
    loses: int = 0
    """So many pages are counted and never given."""
    jams_after: int = -1
    """The job is aborted after so many pages."""
    location: str = ""
    """What it gives as the address of a job, in place of the true one."""
    hides_jobs: bool = False
    """The status lists no jobs."""


@dataclass
class _Job:
    pages: list[bytes]
    state: str = "Processing"
    done: int = 0
    not_ready: int = 0


@dataclass
class SimulatedScanner:
    """One scanner; `with` serves it on a port of this machine."""

    feeder: list[bytes] = field(default_factory=list)
    """JPEGs, the uppermost first."""
    glass: bytes = b""
    duplex: bool = False
    """Whether it lists a feeder for both sides."""
    faults: ScannerFaults = field(default_factory=ScannerFaults)
    settings: list[dict[str, str]] = field(default_factory=list)
    """What was asked for with each job."""
    cancelled: list[str] = field(default_factory=list)

    def __enter__(self) -> "SimulatedScanner":
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._served = ServerThreads(self._server)
        return self

    def __exit__(self, *_: object) -> None:
        self._served.stop()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_port}/eSCL"

    def get(self, path: str) -> tuple[int, str, bytes]:
        """Answer a GET: status, media type, body."""
        with self._lock:
            if path == "/eSCL/ScannerCapabilities":
                return 200, "text/xml", self._capabilities()
            if path == "/eSCL/ScannerStatus":
                return 200, "text/xml", self._status()
            job = self._jobs.get(path.removesuffix("/NextDocument"))
            if job is None or not path.endswith("/NextDocument"):
                return 404, "", b""
            return self._next_page(job)

    def begin(self, body: bytes) -> tuple[int, str]:
        """Answer the beginning of a job: status, and where the job is."""
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        wanted = {str(etree.QName(it).localname): it.text or "" for it in root.iter("{*}*")}
        with self._lock:
            if self.faults.busy or any(it.state == "Processing" for it in self._jobs.values()):
                return 503, ""
            both = wanted.get("Duplex") == "true"
            from_feeder = wanted.get("InputSource") == "Feeder"
            if wanted.get("DocumentFormatExt", JPEG) != JPEG or (both and not self.duplex):
                return 409, ""
            if from_feeder and (not self.feeder or self.faults.adf):
                return 409, ""
            pages, self.feeder = (self.feeder, []) if from_feeder else ([self.glass], self.feeder)
            self.settings.append(wanted)
            place = f"/eSCL/ScanJobs/{uuid.uuid4()}"
            self._jobs[place] = _Job(pages, not_ready=self.faults.not_ready)
            return 201, self.faults.location or place

    def cancel(self, path: str) -> int:
        """Answer the end of a job that was left; return the status."""
        with self._lock:
            job = self._jobs.get(path)
            if job is None:
                return 404
            if job.state == "Processing":
                job.state = "Canceled"
                self.cancelled.append(path)
            return 200

    def _next_page(self, job: _Job) -> tuple[int, str, bytes]:
        if job.state == "Canceled":
            return 410, "", b""
        if job.not_ready:
            job.not_ready -= 1
            return self.faults.not_ready_status, "", b""
        if job.done == self.faults.jams_after:
            job.state, self.faults.adf = "Aborted", "ScannerAdfJam"
            return 409, "", b""
        given = len(job.pages) - self.faults.loses
        if job.done < given:
            page = job.pages[job.done]
            job.done += 1
            return 200, JPEG, page
        job.state, job.done = "Completed", len(job.pages)
        return 404, "", b""

    def _capabilities(self) -> bytes:
        every = "".join(
            "<scan:DiscreteResolution>"
            f"<scan:XResolution>{dpi}</scan:XResolution><scan:YResolution>{dpi}</scan:YResolution>"
            "</scan:DiscreteResolution>"
            for dpi in _RESOLUTIONS
        )
        caps = _CAPS.format(resolutions=every)
        both = f"<scan:AdfDuplexInputCaps>{caps}</scan:AdfDuplexInputCaps>" if self.duplex else ""
        return _document(
            "ScannerCapabilities",
            "<pwg:Version>2.63</pwg:Version>"
            "<pwg:MakeAndModel>Hub simulated scanner</pwg:MakeAndModel>"
            "<pwg:SerialNumber>0</pwg:SerialNumber>"
            "<scan:UUID>00000000-0000-4000-8000-000000000001</scan:UUID>"
            f"<scan:Platen><scan:PlatenInputCaps>{caps}</scan:PlatenInputCaps></scan:Platen>"
            f"<scan:Adf><scan:AdfSimplexInputCaps>{caps}</scan:AdfSimplexInputCaps>{both}"
            "<scan:FeederCapacity>50</scan:FeederCapacity></scan:Adf>",
        )

    def _status(self) -> bytes:
        busy = any(it.state == "Processing" for it in self._jobs.values())
        adf = self.faults.adf or ("ScannerAdfLoaded" if self.feeder else "ScannerAdfEmpty")
        jobs = "" if self.faults.hides_jobs else _jobs(self._jobs)
        return _document(
            "ScannerStatus",
            "<pwg:Version>2.63</pwg:Version>"
            f"<pwg:State>{'Processing' if busy else 'Idle'}</pwg:State>"
            f"<scan:AdfState>{adf}</scan:AdfState>{jobs}",
        )


def _jobs(jobs: dict[str, _Job]) -> str:
    shown = "".join(
        f"<scan:JobInfo><pwg:JobUri>{place}</pwg:JobUri><scan:Age>1</scan:Age>"
        f"<pwg:ImagesCompleted>{job.done}</pwg:ImagesCompleted>"
        "<pwg:ImagesToTransfer>0</pwg:ImagesToTransfer>"
        f"<pwg:JobState>{job.state}</pwg:JobState></scan:JobInfo>"
        for place, job in jobs.items()
    )
    return f"<scan:Jobs>{shown}</scan:Jobs>"


def _document(name: str, content: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<scan:{name} xmlns:scan="{SCAN}" xmlns:pwg="{PWG}">{content}</scan:{name}>'
    ).encode()


def _handler_of(scanner: SimulatedScanner) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(*scanner.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, place = scanner.begin(body)
            self._answer(status, "", b"", {"Location": place} if place else {})

        def do_DELETE(self) -> None:
            self._answer(scanner.cancel(self.path), "", b"")

        def _answer(
            self, status: int, media_type: str, body: bytes, fields: dict[str, str] | None = None
        ) -> None:
            self.send_response(status)
            for name, value in (fields or {}).items():
                self.send_header(name, value)
            if media_type:
                self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    return Handler
