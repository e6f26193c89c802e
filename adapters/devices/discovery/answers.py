"""What each way of searching gives, and why one could not search."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.rules.devices.proposals import FoundDevice
from hub.texts import Text


class SearchUnavailable(Exception):
    """This way of searching is not there; `why` in a person's words, `detail` for an engineer."""

    def __init__(self, why: Text, detail: str = "") -> None:
        super().__init__(why.en)
        self.why = why
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What came of one way."""

    found: Sequence[FoundDevice] = ()
    unusable: int = 0
    """Answers that made no sense, or named an address that is not the device's own."""
    silent: int = 0
    """Addresses that were asked and did not answer."""
