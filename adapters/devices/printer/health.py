"""How a printer is, by what it says of itself over IPP: paper, toner, covers, formats.

The reasons are the keywords of RFC 8011 and PWG 5100.9, with or without their endings `-report`,
`-warning`, `-error`. A reason that the hub does not know counts by its ending and is shown as the
printer said it. Printers lie: that a page lies on the tray is asked of a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.devices.printer.calls import IppPrinter, NotIpp
from adapters.devices.printer.ipp import Attributes
from hub.rules.devices.health import DeviceFinding
from hub.rules.failures.errors import DeliveryFailure

WANTED: Final = (
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "document-format-supported",
    "media-ready",
)
_STOPPED: Final = 5
_PDF, _A4 = "application/pdf", "iso_a4_210x297mm"
_CODES: Final[Mapping[str, str]] = {
    "media-empty": "printer_paper_out",
    "media-needed": "printer_paper_out",
    "media-low": "printer_paper_low",
    "media-jam": "printer_jammed",
    "toner-empty": "printer_toner_out",
    "marker-supply-empty": "printer_toner_out",
    "toner-low": "printer_toner_low",
    "marker-supply-low": "printer_toner_low",
    "marker-waste-full": "printer_toner_out",
    "marker-waste-almost-full": "printer_toner_low",
    "cover-open": "printer_open",
    "door-open": "printer_open",
    "interlock-open": "printer_open",
    "input-tray-missing": "printer_paper_out",
    "output-area-full": "printer_tray_full",
    "paused": "printer_paused",
    "moving-to-paused": "printer_paused",
}
_ENDINGS: Final = ("-report", "-warning", "-error")
_UNKNOWN: Final = {"-error": "printer_stopped", "-warning": "printer_warns"}


@dataclass(frozen=True, slots=True)
class Printer:
    """One printer, as a device to check."""

    name: str
    uri: str
    place: str = ""
    ca_file: str = ""
    kind: str = "printer"

    def check(self) -> Sequence[DeviceFinding]:
        """Return what is wrong with the printer; prints nothing."""
        try:
            printer = IppPrinter(self.uri, ca_file=self.ca_file)
        except (ValueError, OSError) as error:
            return [DeviceFinding("printer_address_wrong", f"{self.uri}: {type(error).__name__}")]
        try:
            return findings_of(printer.attributes(WANTED))
        except NotIpp as error:
            return [DeviceFinding("printer_no_ipp", f"{self.uri}: {error}")]
        except DeliveryFailure as failure:
            return [DeviceFinding("printer_away", f"{self.uri}: {failure}")]
        finally:
            printer.close()


def findings_of(printer: Attributes) -> list[DeviceFinding]:
    """Return what is wrong, by what a printer says of itself; each code once."""
    reasons = [
        str(it) for it in printer.get("printer-state-reasons", ()) if it not in (None, "none")
    ]
    found: dict[str, list[str]] = {}
    for reason in reasons:
        if code := _code_of(reason):
            found.setdefault(code, []).append(reason)
    if _STOPPED in printer.get("printer-state", ()) and not found:
        found["printer_stopped"] = reasons
    if False in printer.get("printer-is-accepting-jobs", ()):
        found.setdefault("printer_takes_no_jobs", [])
    formats = [str(it) for it in printer.get("document-format-supported", ())]
    if formats and _PDF not in formats:
        found["printer_reads_no_pdf"] = formats
    ready = [str(it) for it in printer.get("media-ready", ()) if it is not None]
    if ready and not any(it.startswith(_A4) for it in ready):
        found["printer_without_a4"] = ready
    return [DeviceFinding(code, ", ".join(shown)[:500]) for code, shown in found.items()]


def _code_of(reason: str) -> str:
    """Return the finding that a reason is, "" for an unknown one that only reports.

    A known word counts with every ending: CUPS's printer calls an empty tray `media-empty-report`
    while it has nothing to print.
    """
    ending = next((it for it in _ENDINGS if reason.endswith(it)), "")
    plain = reason.removesuffix(ending)
    return _CODES.get(plain) or _UNKNOWN.get(ending, "")
