"""How a printer is, by what it says of itself over IPP: paper, toner, covers, formats.

The reasons are the keywords of RFC 8011 and PWG 5100.9, with or without their endings `-report`,
`-warning`, `-error`. By the RFC a report or a warning keeps no job from its end, and `media-empty`
says that at least one tray is empty: while the printer has not stopped, these are findings of a
printer that prints. A reason that the hub does not know counts by its ending and is shown as the
printer said it. Printers lie: that a page lies on the tray is asked of a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.devices.printer.calls import NOT_FOUND, IppPrinter, NotIpp, PrinterRefused
from adapters.devices.printer.ipp import Attributes
from hub.rules.devices.health import DeviceFinding, DeviceState
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
_WHILE_IT_PRINTS: Final[Mapping[str, str]] = {
    "printer_paper_out": "printer_tray_empty",
    "printer_toner_out": "printer_supply_empty",
    "printer_tray_full": "printer_output_full",
}
"""What a finding is when other trays or supplies still serve. Covers, jams and pauses are not here:
they stop every page."""
_NEEDED_NOW: Final = "media-needed"
"""A job waits for this paper, whatever the ending and the state."""
_ENDINGS: Final = ("-report", "-warning", "-error")
_ANSWERED: Final = ("partner_busy", "reply_server_error")
"""Failures of which HTTP itself tells: the printer is there."""
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
        except PrinterRefused as refusal:
            return [DeviceFinding(_code_of_refusal(refusal), f"{self.uri}: {refusal}")]
        except DeliveryFailure as failure:
            code = "printer_busy" if failure.code in _ANSWERED else "printer_away"
            return [DeviceFinding(code, f"{self.uri}: {failure}")]
        finally:
            printer.close()


def findings_of(printer: Attributes) -> list[DeviceFinding]:
    """Return what is wrong, by what a printer says of itself; each code once.

    Raises NotIpp where it does not say in which state it is: nothing follows from such a reply.
    """
    state = next(iter(printer.get("printer-state", ())), None)
    if not isinstance(state, int):
        raise NotIpp("the reply has no printer-state")
    found = _reasons(printer, stopped=state == _STOPPED)
    if False in printer.get("printer-is-accepting-jobs", ()):
        found.setdefault("printer_takes_no_jobs", [])
    formats = [str(it) for it in printer.get("document-format-supported", ())]
    if formats and _PDF not in formats:
        found["printer_reads_no_pdf"] = formats
    ready = [str(it) for it in printer.get("media-ready", ()) if it is not None]
    if ready and not any(it.startswith(_A4) for it in ready):
        found["printer_without_a4"] = ready
    return [DeviceFinding(code, ", ".join(shown)[:500]) for code, shown in found.items()]


def _code_of_refusal(refusal: PrinterRefused) -> str:
    if refusal.is_passing:
        return "printer_busy"
    return "printer_no_ipp" if refusal.status == NOT_FOUND else "printer_refuses"


def _reasons(printer: Attributes, *, stopped: bool) -> dict[str, list[str]]:
    """Return findings with the reasons that the printer gives for them.

    A printer that stopped is down, also where its reasons explain less than that.
    """
    reasons = [
        str(it) for it in printer.get("printer-state-reasons", ()) if it not in (None, "none")
    ]
    found: dict[str, list[str]] = {}
    for reason in reasons:
        if code := _code_of(reason, stopped=stopped):
            found.setdefault(code, []).append(reason)
    if stopped and all(DeviceFinding(code).state is DeviceState.DEGRADED for code in found):
        found["printer_stopped"] = reasons
    return found


def _code_of(reason: str, *, stopped: bool) -> str:
    """Return the finding that a reason is, "" for an unknown one that only reports.

    A reason without an ending counts as an error, as the RFC wants.
    """
    ending = next((it for it in _ENDINGS if reason.endswith(it)), "")
    plain = reason.removesuffix(ending)
    code = _CODES.get(plain) or _UNKNOWN.get(ending, "")
    prints = not stopped and ending in ("-report", "-warning") and plain != _NEEDED_NOW
    return _WHILE_IT_PRINTS.get(code, code) if prints else code
