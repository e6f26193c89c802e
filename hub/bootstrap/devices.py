"""The devices of an installation: those of the settings, and those of the file of devices."""

from datetime import timedelta
from pathlib import Path

from adapters.devices.barcode.health import BarcodeLine
from adapters.devices.barcode.source import BarcodeSource
from adapters.devices.printer.health import Printer
from adapters.devices.scanner.health import ScannerFolder
from adapters.devices.scanner.source import ScannerSource
from hub.messages.payloads import Station
from hub.ports import Clock, Source
from hub.ports.devices import Device
from hub.rules.devices import reading
from hub.rules.devices.reading import (
    BARCODE_READER,
    PRINTER,
    SCANNER,
    DeviceSettings,
    DevicesFileWrong,
)
from hub.settings import Settings, SettingsError
from hub.store.engine.file_rights import make_directory
from hub.texts import both


def make_sources(settings: Settings, clock: Clock) -> list[Source]:
    """Return the devices that this hub listens to. Raises SettingsError for a file without use."""
    if not settings.hot_folder:  # one that the settings name has the rights that the scanner needs
        make_directory(settings.scans)
    heard = [it for it in device_settings(settings) if it.kind in (SCANNER, BARCODE_READER)]
    return [_source(it, settings, clock) for it in heard]


def make_devices(settings: Settings) -> list[Device]:
    """Return the devices whose health is checked. Raises SettingsError for a file without use."""
    return [_device(it) for it in device_settings(settings)]


def device_settings(settings: Settings) -> list[DeviceSettings]:
    """Return what the settings and the file say of each device. Raises SettingsError."""
    found = [DeviceSettings(name="scanner-1", kind=SCANNER, values={"folder": str(settings.scans)})]
    if settings.barcode_device:
        line = {"line": settings.barcode_device}
        found.append(DeviceSettings(name="barcode-1", kind=BARCODE_READER, values=line))
    try:
        return found + devices_of(settings.devices_file)
    except DevicesFileWrong as error:
        raise SettingsError(f"HUB_DEVICES_FILE:\n{error}") from None


def devices_of(file: str) -> list[DeviceSettings]:
    """Return the devices of a file, "" for none. Raises DevicesFileWrong."""
    if not file:
        return []
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        why = both("alerts_file.no_file", why=error.strerror or type(error).__name__)
        raise DevicesFileWrong([both("alerts_file.whole", file=file, why=why)]) from None
    except UnicodeDecodeError:
        why = both("alerts_file.not_utf8")
        raise DevicesFileWrong([both("alerts_file.whole", file=file, why=why)]) from None
    return reading.parse(text, file)


def _source(it: DeviceSettings, settings: Settings, clock: Clock) -> Source:
    name = reading.source_name(it.name)
    if it.kind == SCANNER:
        return ScannerSource(
            Path(it.values["folder"]),
            device=it.name,
            name=name,
            poll=settings.hot_folder_poll,
            rest=it.values.get("rest", timedelta(seconds=settings.hot_folder_rest)),
            keep=it.values.get("keep", timedelta(days=settings.scans_days)),
        )
    station = Station(it.values.get("station", Station.RETURN))
    line = Path(it.values["line"])
    return BarcodeSource(line, station=station, clock=clock, device=it.name, name=name)


def _device(it: DeviceSettings) -> Device:
    if it.kind == SCANNER:
        return ScannerFolder(it.name, Path(it.values["folder"]), it.place)
    if it.kind == PRINTER:
        return Printer(it.name, it.values["address"], it.place, it.values.get("ca_file", ""))
    return BarcodeLine(it.name, Path(it.values["line"]), it.place)
