"""How a network scanner is, by what it says of itself over eSCL.

An empty feeder is how a feeder waits, and no finding. Not promised: that its glass is clean, or
that the sheet on it is readable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from adapters.devices.escl.calls import EsclScanner
from adapters.devices.escl.documents import (
    Capabilities,
    Input,
    NotEscl,
    NotOffered,
    ScannerStatus,
    settings_for,
)
from hub.rules.devices.health import DeviceFinding
from hub.rules.failures.errors import DeliveryFailure

_ANSWERED: Final = ("partner_busy", "reply_server_error")
"""Failures of which HTTP itself tells: the scanner is there."""
_FEEDER: Final = {
    "ScannerAdfJam": "scanner_jammed",
    "ScannerAdfMispick": "scanner_jammed",
    "ScannerAdfMultipickDetected": "scanner_jammed",
    "ScannerAdfHatchOpen": "scanner_feeder_open",
    "ScannerAdfInputTrayFailed": "scanner_feeder_open",
    "ScannerAdfInputTrayOverloaded": "scanner_feeder_overfull",
}
_STOPPED: Final = ("Stopped", "Down")


@dataclass(frozen=True, slots=True)
class NetworkScanner:
    """One scanner by eSCL, as a device to check."""

    name: str
    url: str
    place: str = ""
    ca_file: str = ""
    kind: str = "escl_scanner"

    def check(self) -> Sequence[DeviceFinding]:
        """Return what is wrong with the scanner; scans nothing."""
        try:
            scanner = EsclScanner(self.url, ca_file=self.ca_file)
        except (ValueError, OSError) as error:
            return [DeviceFinding("scanner_address_wrong", f"{self.url}: {type(error).__name__}")]
        try:
            return findings_of(scanner.capabilities(), scanner.status())
        except NotEscl as error:
            return [DeviceFinding("scanner_no_escl", f"{self.url}: {error}")]
        except DeliveryFailure as failure:
            code = "scanner_busy" if failure.code in _ANSWERED else "scanner_out_of_reach"
            return [DeviceFinding(code, f"{self.url}: {failure}")]
        finally:
            scanner.close()


def findings_of(able: Capabilities, status: ScannerStatus) -> list[DeviceFinding]:
    """Return what is wrong, by what a scanner says of itself."""
    found = []
    if status.state in _STOPPED:
        found.append(DeviceFinding("scanner_stopped", status.state))
    if code := _FEEDER.get(status.adf):
        found.append(DeviceFinding(code, status.adf))
    try:
        settings_for(able, next(iter(able.inputs))[0])
    except NotOffered as error:
        found.append(DeviceFinding("scanner_gives_no_jpeg", str(error)))
    if not any(source is Input.FEEDER for source, _ in able.inputs):
        found.append(DeviceFinding("scanner_without_feeder", able.model))
    return found
