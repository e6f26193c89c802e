"""How long a printer that is not ready is waited for: nothing was sent, and no attempt is used."""

from datetime import timedelta

from hub.rules.calls.backoff import doubled
from hub.rules.failures.errors import NotAttempted

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(minutes=5)
"""How soon a printer that is not ready is asked again, first and at most."""


class PrinterWaits:
    """The printers that are not ready, and how often in a row each was found so."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}

    def ready(self, printer: str) -> None:
        """A printer is ready: its next wait is a first one again."""
        self._times.pop(printer, None)

    def not_ready(self, printer: str, why: str) -> NotAttempted:
        """Return the failure for a printer that is not ready, with its next wait."""
        times = self._times.get(printer, 0)
        self._times[printer] = times + 1
        wait = doubled(FIRST_WAIT, times, longest=LONGEST_WAIT)
        return NotAttempted("printer_not_ready", f"{printer}: {why}", retry_after=wait)
