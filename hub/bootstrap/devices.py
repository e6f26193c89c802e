"""The devices that a hub listens to."""

from datetime import timedelta
from pathlib import Path

from adapters.devices.barcode.source import BarcodeSource
from adapters.devices.scanner.source import ScannerSource
from hub.messages.payloads import Station
from hub.ports import Clock, Source
from hub.settings import Settings
from hub.store.engine.file_rights import make_directory


def make_sources(settings: Settings, clock: Clock) -> list[Source]:
    """Return the devices that this hub listens to."""
    if not settings.hot_folder:  # one that the settings name has the rights that the scanner needs
        make_directory(settings.scans)
    made: list[Source] = [
        ScannerSource(
            settings.scans,
            poll=settings.hot_folder_poll,
            rest=timedelta(seconds=settings.hot_folder_rest),
            keep=timedelta(days=settings.scans_days),
        )
    ]
    if settings.barcode_device:
        line = Path(settings.barcode_device)
        made.append(BarcodeSource(line, station=Station.RETURN, clock=clock))
    return made
