"""Has a network scanner of the file of devices scan into the hot folder."""

from datetime import datetime
from pathlib import Path

from adapters.devices.escl.calls import EsclScanner, ScanFailed
from adapters.devices.escl.documents import Input, NotEscl, NotOffered, settings_for
from adapters.devices.escl.stack import NotJpeg, TooLarge, write_stack
from hub.bootstrap.devices.kinds import device_settings
from hub.messages.local_time import LOCAL
from hub.operations.devices.scans import ScannedStack
from hub.ports.page_readers import MOST_BYTES
from hub.rules.devices.reading import ESCL_SCANNER
from hub.rules.failures.error_summary import describe_error
from hub.rules.failures.errors import DeliveryFailure
from hub.settings import Settings
from hub.store.engine.file_rights import make_directory
from hub.texts import Explained, Text, both


class CannotScan(Explained):
    """Nothing lies in the hot folder; `text` says why, `cause` in technical words."""

    def __init__(self, words: Text, cause: str = "") -> None:
        super().__init__(words)
        self.cause = cause


def scan_into_hot_folder(
    settings: Settings, device: str, *, glass: bool, both_sides: bool, now: datetime
) -> ScannedStack:
    """Scan, and put the pages into the hot folder as one file; whole or not at all.

    Raises CannotScan, and SettingsError for a file of devices without use.
    """
    known = {it.name: it for it in device_settings(settings) if it.kind == ESCL_SCANNER}
    if device not in known:
        names = ", ".join(sorted(known)) or "-"
        raise CannotScan(both("scan_command.no_scanner", device=device, known=names))
    place = settings.scans / f"{device}-{now.astimezone(LOCAL):%Y%m%d-%H%M%S-%f}.pdf"
    values = known[device].values
    try:
        scanner = EsclScanner(values["address"], ca_file=values.get("ca_file", ""))
    except (ValueError, OSError) as error:
        words = both("device_findings.scanner_address_wrong")
        raise CannotScan(words, f"{values['address']}: {describe_error(error)}") from None
    try:
        if not settings.hot_folder:
            make_directory(settings.scans)
        return _scan(scanner, Input.PLATEN if glass else Input.FEEDER, both_sides, place)
    except NotOffered as error:
        raise CannotScan(both("scan_command.not_offered"), str(error)) from None
    except ScanFailed as failed:
        words = both("scan_command.not_whole", pages=failed.pages)
        raise CannotScan(words, str(failed)) from None
    except TooLarge as error:
        raise CannotScan(both("scan_command.too_large"), str(error)) from None
    except OSError as error:
        words = both("scan_command.not_written", folder=settings.scans)
        raise CannotScan(words, error.strerror or describe_error(error)) from None
    except (NotEscl, NotJpeg, DeliveryFailure) as error:
        raise CannotScan(both("scan_command.no_answer"), str(error) or "NotJpeg") from None


def _scan(scanner: EsclScanner, wanted: Input, both_sides: bool, place: Path) -> ScannedStack:
    try:
        able = scanner.capabilities()
        chosen = settings_for(able, wanted, duplex=both_sides)
        pages = write_stack(scanner.scan(chosen, able), place, dpi=chosen.dpi, most=MOST_BYTES)
        return ScannedStack(place, pages)
    finally:
        scanner.close()
