"""The printers of an installation as a destination, where the file of devices names any.

A part of the composition root of its own: what prints needs the file store, and nothing
of the sources of devices.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from hub.bootstrap.files.device_file import devices_of_settings
from hub.ports import Destination
from hub.rules.devices.reading import AGENT, PRINTER, DeviceSettings
from hub.runtime.clock import clock_of
from hub.settings import Settings
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore

if TYPE_CHECKING:
    from hub.operations.devices.printing import PrintingParts


def printers_of(settings: Settings) -> list[DeviceSettings]:
    """Return the printers of the file of devices, in its order. Raises SettingsError."""
    return [it for it in devices_of_settings(settings) if it.kind == PRINTER]


def make_printers(settings: Settings, store: Store | None = None) -> list[Destination]:
    """Return the destination that prints, none without a printer. Raises SettingsError.

    `store`: where the jobs of workstations are; without it theirs are not reached.
    """
    found = printers_of(settings)
    if not found:
        return []
    from adapters.devices.printer.destination import PaperPrinters, PrinterAddress

    made = {
        it.name: PrinterAddress(it.values["address"], it.values.get("ca_file", ""))
        for it in found
        if "address" in it.values
    }
    files = BlobStore(Path(settings.data_dir) / "files")
    own = PaperPrinters(made, read_file=lambda sha256: files.path(sha256).read_bytes())
    agents = {it.name: it.values[AGENT] for it in found if AGENT in it.values}
    if not agents or store is None:
        return [own]
    from hub.operations.devices.counter_printers import CounterPrinters
    from hub.operations.edge.agent_printers import AgentPrinters

    hosted = AgentPrinters(store, agents, clock=clock_of(settings.drill_clock))
    return [CounterPrinters(own, hosted, agents=agents)]


def make_printing_parts(settings: Settings, files: BlobStore | None = None) -> "PrintingParts":
    """Return what ordering a paper takes. Raises SettingsError."""
    from hub.operations.devices.printing import PrintingParts
    from hub.records.rulebook import Rulebook

    return PrintingParts(
        files=files or BlobStore(Path(settings.data_dir) / "files"),
        rules=Rulebook.load(),
        printers=[it.name for it in printers_of(settings)],
    )
