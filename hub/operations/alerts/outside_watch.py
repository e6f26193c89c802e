"""A second machine looks at the hub's `/readyz` and tells persons by the same channels.

It needs no store: incidents and messages stand in a file of its own (`file_book`), so that a start
of this machine tells nothing twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.operations.alerts.file_book import FileBook
from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.signals import Measurement, Observed
from hub.texts import Text

SIGNAL = "hub_silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideWatch:
    """Looks at some addresses of `/readyz`, one a process of the hub."""

    urls: Sequence[str]
    query: Callable[[str], Text | None]
    """Why the hub behind an address does not work; None where it does."""
    book: FileBook

    def run_once(self) -> tuple[dict[str, Text | None], list[Incident]]:
        """Look once and send what is due; return what was found, and the open incidents.

        Raises OSError where the file cannot be kept.
        """
        found = {url: self.query(url) for url in self.urls}
        samples = [_sample(url, why) for url, why in found.items()]
        return found, self.book.check(Observed(frozenset({SIGNAL}), samples))


def _sample(url: str, why: Text | None) -> Measurement:
    parts = urlsplit(url)
    subject = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    about = None if why is None else Text(*(f"{subject}: {it}" for it in why))
    return Measurement(signal=SIGNAL, subject=subject, value=why is not None, about=about)
