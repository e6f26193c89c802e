"""The printers of an installation as a destination, where the file of devices names any.

A part of the composition root of its own: what prints needs the file store, and nothing
of the sources of devices.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from hub.bootstrap.files.device_file import devices_of_settings
from hub.ports import Destination
from hub.rules.devices.reading import PRINTER, DeviceSettings
from hub.settings import Settings
from hub.store.messages.blobs import BlobStore

if TYPE_CHECKING:
    from hub.operations.devices.printing import PrintingParts


def printers_of(settings: Settings) -> list[DeviceSettings]:
    """Return the printers of the file of devices, in its order. Raises SettingsError."""
    return [it for it in devices_of_settings(settings) if it.kind == PRINTER]


def make_printers(settings: Settings) -> list[Destination]:
    """Return the destination that prints, none without a printer. Raises SettingsError."""
    found = printers_of(settings)
    if not found:
        return []
    from adapters.devices.printer.destination import PaperPrinters, PrinterAddress

    made = {
        it.name: PrinterAddress(it.values["address"], it.values.get("ca_file", "")) for it in found
    }
    files = BlobStore(Path(settings.data_dir) / "files")
    return [PaperPrinters(made, read_file=lambda sha256: files.path(sha256).read_bytes())]


def make_printing_parts(settings: Settings, files: BlobStore | None = None) -> "PrintingParts":
    """Return what ordering a paper takes. Raises SettingsError."""
    from hub.operations.devices.printing import PrintingParts
    from hub.records.rulebook import Rulebook

    return PrintingParts(
        files=files or BlobStore(Path(settings.data_dir) / "files"),
        rules=Rulebook.load(),
        printers=[it.name for it in printers_of(settings)],
    )
