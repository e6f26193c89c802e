"""The contract that a partner serves itself: a WSDL or an OpenAPI document."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from hub.rules.contracts import Contract


class FetchOutcome(StrEnum):
    """What came of fetching a contract."""

    SERVED = "served"
    NONE = "none"
    """The partner serves none: not there, refused, a page for people."""
    UNREADABLE = "unreadable"
    """It serves something that cannot be read, or is larger than anything that is read."""
    AWAY = "away"
    """The partner could not be asked now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came of one fetch."""

    outcome: FetchOutcome
    contract: Contract | None = None
    """Of a contract that is served."""
    why: str = ""
    """Of all others, in technical words and without a value."""
    retry_after: timedelta | None = None
    """How long the partner asked to be left alone."""


class ContractReader(Protocol):
    """Fetches what one partner serves. It shares no connection with deliveries."""

    name: str
    """The destination's name."""
    address: str
    """Where the contract is asked for."""

    def shipped(self) -> Contract:
        """Return the contract that the hub was built for."""

    def fetch(self, stop: threading.Event) -> Fetched:
        """Ask the partner; `stop` ends it between two documents. Raises nothing of a partner's."""

    def close(self) -> None:
        """Give back connections."""
