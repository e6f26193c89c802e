"""The agent of a workstation: its line, and its devices by their file.

Modules that only some systems have are loaded with the device that needs them: the barcode reader
on a serial line is one of POSIX.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from adapters.devices.printer.health import Printer
from adapters.devices.scanner.health import ScannerFolder
from adapters.devices.scanner.source import ScannerSource
from adapters.wire.connections import Dialer
from adapters.wire.http import Limits, Wire
from adapters.wire.profile import Tls
from hub.bootstrap.files.toml_file import toml_text
from hub.edge.agent import Agent
from hub.edge.credential import Credential
from hub.edge.line import HubLine
from hub.edge.spool.spool import Spool
from hub.messages.payloads import Station
from hub.ports import Source
from hub.ports.devices import Device
from hub.rules.devices import reading
from hub.rules.devices.reading import BARCODE_READER, PRINTER, SCANNER, DeviceSettings

LIMITS: Final = Limits(
    connect_timeout=timedelta(seconds=5),
    reply_timeout=timedelta(seconds=30),
    reply_bytes=4 * 1024 * 1024,
    connections=0,
)
_POLL: Final = 0.5
"""Seconds between two looks at a scanner's folder."""


class DeviceNotHere(Exception):
    """The file names a device that this system cannot host."""


def make_line(credential: Credential) -> HubLine:
    """Return the line to the hub. Raises ValueError for an address, OSError for the roots."""
    tls = Tls(ca_file=credential.ca_file) if credential.ca_file else Tls()
    dialer = Dialer(credential.url, timeout=LIMITS.connect_timeout, tls=tls)
    return HubLine(Wire(credential.url, limits=LIMITS, dialer=dialer), credential.key)


def open_spool(directory: Path, credential: Credential) -> Spool:
    """Return the spool of a workstation. Raises SpoolUnusable and sqlite3.Error."""
    return Spool(directory, budget=credential.budget_mb * 2**20)


def make_agent(directory: Path, credential: Credential) -> Agent:
    """Put an agent together. Raises TomlFileWrong, DeviceNotHere, and as the parts do."""
    devices = devices_of(credential)
    return Agent(
        open_spool(directory, credential),
        make_line(credential),
        sources=[_SOURCES[it.kind](it, credential.agent) for it in devices if it.kind in _SOURCES],
        devices=[_DEVICES[it.kind](it) for it in devices],
        holds_numbers=bool(credential.agency),
    )


def devices_of(credential: Credential) -> list[DeviceSettings]:
    """Return the devices of the workstation's file. Raises TomlFileWrong and DeviceNotHere."""
    file = credential.devices_file
    found = reading.parse(toml_text(file), file) if file else []
    for it in found:
        if it.kind not in _DEVICES:
            raise DeviceNotHere(f"{it.name}: {it.kind} is hosted by the hub, not by a workstation")
    return found


def _scanner(it: DeviceSettings, agent: str) -> Source:
    return ScannerSource(
        Path(it.values["folder"]),
        device=f"{agent}.{it.name}",
        name=it.name,
        poll=_POLL,
        rest=it.values.get("rest", timedelta(seconds=1)),
        keep=it.values.get("keep", timedelta(days=30)),
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
