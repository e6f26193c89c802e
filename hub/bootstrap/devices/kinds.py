"""Makes the devices by their kind: those of the settings, and those of the file of devices."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Final

from adapters.devices.barcode.acceptance_codes import AcceptanceCodes, ListenedProof
from adapters.devices.barcode.health import BarcodeLine
from adapters.devices.barcode.source import BarcodeSource
from adapters.devices.escl.health import NetworkScanner
from adapters.devices.photocopier.health import Photocopier
from adapters.devices.printer.health import Printer
from adapters.devices.proofs.barcode import BarcodeProof
from adapters.devices.proofs.escl import EsclProof
from adapters.devices.proofs.printer import PrinterProof
from adapters.devices.proofs.scanner import FolderProof
from adapters.devices.scanner.health import ScannerFolder
from adapters.devices.scanner.source import ScannerSource
from hub.bootstrap.devices.cameras import camera_of
from hub.bootstrap.files.device_file import devices_of_settings
from hub.bootstrap.installation import open_store
from hub.messages.payloads import Station
from hub.page_reading.reading import StackReader
from hub.ports import Clock, Source
from hub.ports.devices import Device, Proof
from hub.rules.devices import reading
from hub.rules.devices.reading import (
    AGENT,
    BARCODE_READER,
    CAMERA,
    ESCL_SCANNER,
    PHOTOCOPIER,
    PRINTER,
    SCANNER,
    DeviceSettings,
)
from hub.runtime.clock import clock_of
from hub.settings import Settings
from hub.store.engine.file_rights import make_directory
from hub.store.engine.store import Store


def make_sources(settings: Settings, clock: Clock) -> list[Source]:
    """Return the devices that this hub listens to. Raises SettingsError for a file without use."""
    if not settings.hot_folder:  # one that the settings name has the rights that the scanner needs
        make_directory(settings.scans)
    found = [it for it in device_settings(settings) if it.kind in SOURCES]
    return [SOURCES[it.kind](it, settings, clock) for it in found]


def make_devices(settings: Settings, store: Store | None = None) -> list[Device]:
    """Return the devices whose health is checked. Raises SettingsError for a file without use.

    `store`: the hub's, for what is known of agents; a command opens it when it checks.
    """
    return [
        _hosted(it, settings, store) if AGENT in it.values else DEVICES[it.kind](it)
        for it in device_settings(settings)
    ]


def make_proofs(settings: Settings) -> dict[str, Proof]:
    """Return the proof of each device that has one, by its name. Raises SettingsError."""
    known = device_settings(settings)
    found = [it for it in known if it.kind in PROOFS and AGENT not in it.values]
    return {it.name: PROOFS[it.kind](it) for it in found}


def listened_proofs(settings: Settings) -> dict[str, Proof]:
    """Return the proofs of those devices of which a hub on this machine reads every byte.

    Raises SettingsError.
    """
    readers = (it.name for it in device_settings(settings) if it.kind == BARCODE_READER)
    return {name: ListenedProof(_acceptance_codes(settings, name)) for name in readers}


def device_settings(settings: Settings) -> list[DeviceSettings]:
    """Return what the settings and the file say of each device. Raises SettingsError."""
    found = [DeviceSettings(name="scanner-1", kind=SCANNER, values={"folder": str(settings.scans)})]
    if settings.barcode_device:
        line = {"line": settings.barcode_device}
        found.append(DeviceSettings(name="barcode-1", kind=BARCODE_READER, values=line))
    return found + devices_of_settings(settings)


def _hosted(it: DeviceSettings, settings: Settings, store: Store | None) -> Device:
    """Return a printer that an agent hosts."""
    from hub.operations.edge.hosted_printers import HostedPrinter

    def opened() -> AbstractContextManager[Store]:
        return nullcontext(store) if store is not None else closing(open_store(settings))

    clock = clock_of(settings.drill_clock)
    return HostedPrinter(it.name, it.values[AGENT], opened, clock, place=it.place)


def _scanner(it: DeviceSettings, settings: Settings, clock: Clock) -> Source:
    return ScannerSource(
        Path(it.values["folder"]),
        device=it.name,
        name=reading.source_name(it.name),
        poll=settings.hot_folder_poll,
        rest=it.values.get("rest", timedelta(seconds=settings.hot_folder_rest)),
        keep=it.values.get("keep", timedelta(days=settings.scans_days)),
        read_pages=StackReader(),
        clock=clock,
    )


def _barcode_reader(it: DeviceSettings, settings: Settings, clock: Clock) -> Source:
    return BarcodeSource(
        Path(it.values["line"]),
        station=Station(it.values.get("station", Station.RETURN)),
        clock=clock,
        device=it.name,
        name=reading.source_name(it.name),
        acceptance=_acceptance_codes(settings, it.name),
    )


def _acceptance_codes(settings: Settings, device: str) -> AcceptanceCodes:
    return AcceptanceCodes(Path(settings.data_dir) / "acceptance" / f"{device}.code")


SOURCES: Final[Mapping[str, Callable[[DeviceSettings, Settings, Clock], Source]]] = {
    SCANNER: _scanner,
    BARCODE_READER: _barcode_reader,
}
"""How the source of a kind is made; a kind that gives the hub nothing has none."""
DEVICES: Final[Mapping[str, Callable[[DeviceSettings], Device]]] = {
    SCANNER: lambda it: ScannerFolder(it.name, Path(it.values["folder"]), it.place),
    BARCODE_READER: lambda it: BarcodeLine(it.name, Path(it.values["line"]), it.place),
    PRINTER: lambda it: Printer(
        it.name, it.values["address"], it.place, it.values.get("ca_file", "")
    ),
    ESCL_SCANNER: lambda it: NetworkScanner(
        it.name, it.values["address"], it.place, it.values.get("ca_file", "")
    ),
    CAMERA: camera_of,
    PHOTOCOPIER: lambda it: Photocopier(name=it.name, place=it.place, **it.values),
}
"""How the check of a kind is made; every kind has one."""
PROOFS: Final[Mapping[str, Callable[[DeviceSettings], Proof]]] = {
    SCANNER: lambda it: FolderProof(Path(it.values["folder"]), StackReader()),
    BARCODE_READER: lambda it: BarcodeProof(Path(it.values["line"])),
    PRINTER: lambda it: PrinterProof(it.values["address"], it.values.get("ca_file", "")),
    ESCL_SCANNER: lambda it: EsclProof(it.values["address"], it.values.get("ca_file", "")),
}
"""How a person and the hub prove a kind; one that is not here has its check and a question."""
