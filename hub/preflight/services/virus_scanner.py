"""Whether the virus scanner of the settings answers, and what it says of its signatures."""

from collections.abc import Iterator
from datetime import timedelta

from hub.file_checks.clamd import Clamd
from hub.ports.files import ScannerAway
from hub.preflight.check import Check
from hub.settings import Settings
from hub.texts import text

PATIENCE = timedelta(seconds=5)


def virus_scanner(settings: Settings) -> Iterator[Check]:
    """Ask the scanner for its version; nothing where none is set."""
    if not settings.virus_scanner_url:
        return
    try:
        version = Clamd(settings.virus_scanner_url, patience=PATIENCE).version()
    except ScannerAway as away:
        policy = text(f"files.policy_{settings.virus_scanner_away}")
        fix = text("files.scanner_fix", policy=policy)
        yield Check("virus scanner", False, text("files.scanner_away", why=away), fix)
        return
    yield Check("virus scanner", True, text("files.scanner_ok", version=version))
