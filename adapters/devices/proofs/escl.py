"""Scans what lies in the feeder of a network scanner, else on its glass, and keeps the pages."""

from dataclasses import dataclass

from adapters.devices.escl.calls import EsclScanner, ScanFailed
from adapters.devices.escl.documents import Input, NotEscl, NotOffered, settings_for
from hub.ports.devices import ProofRequest, ProofResult
from hub.rules.failures.errors import DeliveryFailure
from hub.texts import both

LOADED = "ScannerAdfLoaded"


@dataclass(frozen=True, slots=True)
class EsclProof:
    """The proof of one network scanner; its own time limits hold."""

    url: str
    ca_file: str = ""

    def __call__(self, request: ProofRequest) -> ProofResult:
        try:
            scanner = EsclScanner(self.url, ca_file=self.ca_file)
        except (ValueError, OSError) as error:
            return ProofResult(False, both("acceptance.device_failed", why=type(error).__name__))
        try:
            return _scanned(scanner, request)
        except (NotEscl, NotOffered, ScanFailed, DeliveryFailure) as error:
            return ProofResult(False, both("acceptance.device_failed", why=error))
        finally:
            scanner.close()


def _scanned(scanner: EsclScanner, request: ProofRequest) -> ProofResult:
    able = scanner.capabilities()
    from_feeder = scanner.status().adf == LOADED
    wanted = settings_for(able, Input.FEEDER if from_feeder else Input.PLATEN)
    pages = 0
    for content in scanner.scan(wanted, able):
        pages += 1
        (request.into / f"page-{pages}.jpg").write_bytes(content)
    came = both("acceptance.pages_came", pages=pages, dpi=wanted.dpi, folder=request.into)
    return ProofResult(pages > 0, came)
