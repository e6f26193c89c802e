"""What sends one event to one address, see `adapters/webhooks`."""

from collections.abc import Mapping
from typing import Protocol


class WebhookSender(Protocol):
    """Sends events; threads share it."""

    def send(self, url: str, *, headers: Mapping[str, str], body: bytes) -> None:
        """Make exactly one call; returns when the address answered 2xx.

        Raises DeliveryFailure: no answer of success, for whatever reason.
        """

    def close(self) -> None:
        """Give back what is held."""
