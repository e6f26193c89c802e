"""Posts a message to an address, signed as every webhook of the hub (Standard Webhooks).

The address comes from the operator's own file, so it may be one inside the ward's network; it is
HTTPS, or this machine itself.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from adapters.webhooks.sender import HttpSender
from hub.messages.local_time import LOCAL
from hub.ports.alerts import ChannelFailed
from hub.rules.alerts.plan import ChannelSettings
from hub.rules.clients.client import networks
from hub.rules.failures.errors import AmbiguousFailure, DeliveryFailure
from hub.rules.webhooks import signing

TYPE = "hub.alert"
ANYWHERE = networks("0.0.0.0/0,::/0")


class WebhookChannel:
    """Posts for one channel."""

    def __init__(self, channel: ChannelSettings) -> None:
        self._channel = channel
        self._sender = HttpSender(allowed=ANYWHERE, ca_file=channel.ca_file)

    def send(self, *, key: str, subject: str, body: str, at: datetime) -> None:
        """Post a message, see the port; raises ChannelFailed."""
        data = {"subject": subject, "text": body}
        event = {"type": TYPE, "timestamp": at.astimezone(LOCAL).isoformat(), "data": data}
        content = msgspec.json.encode(event)
        headers = signing.headers(key, content, at=at, secrets=[self._secret()])
        try:
            self._sender.send(self._channel.url, headers=headers, body=content)
        except DeliveryFailure as error:
            unknown = isinstance(error, AmbiguousFailure)
            raise ChannelFailed(error.code, error.detail, is_unknown=unknown) from None

    def _secret(self) -> signing.SigningSecret:
        try:
            found = signing.read(Path(self._channel.secret_file).read_text("ascii").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise ChannelFailed("secret_unreadable", type(error).__name__) from None
        if found is None:
            raise ChannelFailed("secret_unreadable", f"not {signing.PREFIX}...")
        return found
