"""The agent of a workstation: its line, and its devices by their file.

Modules that only some systems have are loaded with the device that needs them: the barcode reader
on a serial line is one of POSIX.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from adapters.devices.printer.destination import PaperPrinters, PrinterAddress
from adapters.devices.printer.health import Printer
from adapters.devices.scanner.health import ScannerFolder
from adapters.devices.scanner.source import ScannerSource
from adapters.wire.connections import Dialer
from adapters.wire.http import Limits, Wire
from adapters.wire.profile import Tls
from hub.bootstrap.files.toml_file import toml_text
from hub.edge.agent import Agent
from hub.edge.credential import Credential, is_moved
from hub.edge.line import HubLine
from hub.edge.printing.jobs import PrintJobs
from hub.edge.printing.printers import LocalPrinters
from hub.edge.spool.adopting import adopt
from hub.edge.spool.spool import Spool
from hub.messages.payloads import Station
from hub.ports import Answer, Receipt, Request, Source
from hub.ports.devices import Device
from hub.ports.printing.paper_requests import RequestedPaper, request_of
from hub.rules.devices import reading
from hub.rules.devices.reading import AGENT, BARCODE_READER, PRINTER, SCANNER, DeviceSettings
from hub.rules.edge.enrolment import keeps_secrets
from hub.rules.edge.protocol import MOST_DOCUMENT, PrintJob
from hub.rules.failures.errors import PermanentFailure

LIMITS: Final = Limits(
    connect_timeout=timedelta(seconds=5),
    reply_timeout=timedelta(seconds=30),
    reply_bytes=MOST_DOCUMENT + 64 * 1024,
    connections=0,
)
_POLL: Final = 0.5
"""Seconds between two looks at a scanner's folder."""


class DeviceNotHere(Exception):
    """The file names a device that this system cannot host."""


def make_line(credential: Credential) -> HubLine:
    """Return the line to the hub.

    Raises ValueError for an address that is none or would carry the key unencrypted, and OSError
    for the roots.
    """
    if not (credential.plain_http or keeps_secrets(credential.url)):
        raise ValueError(f"{credential.url!r} is not https://")
    tls = Tls(ca_file=credential.ca_file) if credential.ca_file else Tls()
    dialer = Dialer(credential.url, timeout=LIMITS.connect_timeout, tls=tls)
    return HubLine(Wire(credential.url, limits=LIMITS, dialer=dialer), credential.key)


def open_spool(directory: Path, credential: Credential) -> Spool:
    """Return the spool of a workstation; what waited for an earlier agent is of this one.

    Raises SpoolUnusable and sqlite3.Error.
    """
    spool = Spool(directory, budget=credential.budget_mb * 2**20)
    if credential.agent:
        adopt(spool.database, credential.agent, credential.spool)
    return spool


def make_agent(directory: Path, credential: Credential) -> Agent:
    """Put an agent together. Raises TomlFileWrong, DeviceNotHere, and as the parts do."""
    devices = devices_of(credential)
    spool = open_spool(directory, credential)
    return Agent(
        spool,
        make_line(credential),
        sources=[_SOURCES[it.kind](it, credential.agent) for it in devices if it.kind in _SOURCES],
        devices=[_DEVICES[it.kind](it) for it in devices],
        printers=_printers(devices, spool),
        holds_numbers=bool(credential.agency),
        is_moved=is_moved(directory, credential),
    )


def devices_of(credential: Credential) -> list[DeviceSettings]:
    """Return the devices of the workstation's file. Raises TomlFileWrong and DeviceNotHere."""
    file = credential.devices_file
    found = reading.parse(toml_text(file), file) if file else []
    for it in found:
        if it.kind not in _DEVICES or AGENT in it.values:
            raise DeviceNotHere(f"{it.name}: {it.kind} is hosted by the hub, not by a workstation")
    return found


def _printers(devices: Sequence[DeviceSettings], spool: Spool) -> LocalPrinters | None:
    """Return the printers of a workstation, None where it has none."""
    addresses = {
        it.name: PrinterAddress(it.values["address"], it.values.get("ca_file", ""))
        for it in devices
        if it.kind == PRINTER
    }
    return WorkstationPrinters(addresses, PrintJobs(spool.database)) if addresses else None


class WorkstationPrinters:
    """The printers of a workstation, over the same calls as the hub's own; for one thread."""

    def __init__(self, addresses: Mapping[str, PrinterAddress], jobs: PrintJobs) -> None:
        self.names = tuple(addresses)
        self._begin: Callable[[], None] = lambda: None
        self._printers = PaperPrinters(
            addresses, read_file=jobs.document, before_print=lambda: self._begin()
        )

    def send(self, job: PrintJob, begin: Callable[[], None]) -> Receipt:
        """Print once; raises only the failures of rules.errors."""
        self._must_have(job)
        self._begin = begin
        return self._printers.send(_request(job))

    def find(self, job: PrintJob) -> Answer:
        """Ask the printer about a job, see `Destination.find`."""
        self._must_have(job)
        return self._printers.find(_request(job))

    def close(self) -> None:
        """Give back connections; jobs are not followed any more."""
        self._printers.close()

    def _must_have(self, job: PrintJob) -> None:
        if job.printer not in self.names:  # the file of devices was changed
            raise PermanentFailure("printer_unknown", job.printer)


def _request(job: PrintJob) -> Request:
    paper = RequestedPaper(
        printer=job.printer,
        sha256=job.sha256,
        media_type=job.media_type,
        copies=job.copies,
        wanted_at=job.wanted_at,
    )
    return request_of(paper, number=job.number, message_id=job.message_id)


def _scanner(it: DeviceSettings, agent: str) -> Source:
    return ScannerSource(
        Path(it.values["folder"]),
        device=f"{agent}.{it.name}",
        name=it.name,
        poll=_POLL,
        rest=it.values.get("rest", timedelta(seconds=1)),
        keep=it.values.get("keep", timedelta(days=30)),
        clock=lambda: datetime.now(UTC),
    )


def _barcode_reader(it: DeviceSettings, agent: str) -> Source:
    _must_have_serial_lines(it)
    from adapters.devices.barcode.source import BarcodeSource

    return BarcodeSource(
        Path(it.values["line"]),
        station=Station(it.values.get("station", Station.RETURN)),
        clock=lambda: datetime.now(UTC),
        device=f"{agent}.{it.name}",
        name=it.name,
    )


def _barcode_line(it: DeviceSettings) -> Device:
    _must_have_serial_lines(it)
    from adapters.devices.barcode.health import BarcodeLine

    return BarcodeLine(it.name, Path(it.values["line"]), it.place)


def _must_have_serial_lines(it: DeviceSettings) -> None:
    if os.name == "nt":
        why = "a reader on a serial line needs Linux; on Windows set the reader to keyboard mode"
        raise DeviceNotHere(f"{it.name}: {why}")


_SOURCES: Final[Mapping[str, Callable[[DeviceSettings, str], Source]]] = {
    SCANNER: _scanner,
    BARCODE_READER: _barcode_reader,
}
_DEVICES: Final[Mapping[str, Callable[[DeviceSettings], Device]]] = {
    SCANNER: lambda it: ScannerFolder(it.name, Path(it.values["folder"]), it.place),
    BARCODE_READER: _barcode_line,
    PRINTER: lambda it: Printer(
        it.name, it.values["address"], it.place, it.values.get("ca_file", "")
    ),
}
