"""Signatures of webhooks in the format of Standard Webhooks (v1: HMAC-SHA256).

What is signed is `id.timestamp.body`, the time being that of the attempt. With two live secrets the
header holds two signatures, so a receiver may change over whenever it wants.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

PREFIX = "whsec_"
_BYTES = 32
_LEAST = 24
"""The format's own least number of bytes."""


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """A secret that the hub and a receiver share; not shown in a repr."""

    key: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The secret as it is handed over and kept."""
        return PREFIX + base64.b64encode(self.key).decode()


def fresh() -> SigningSecret:
    """Return a new random secret."""
    return SigningSecret(secrets.token_bytes(_BYTES))


def read(text: str) -> SigningSecret | None:
    """Return the secret of a text, None where it is none."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return SigningSecret(key) if text.startswith(PREFIX) and len(key) >= _LEAST else None


def headers(
    id: str, body: bytes, *, at: datetime, secrets: Sequence[SigningSecret]
) -> Mapping[str, str]:
    """Return the header fields of one attempt to send an event."""
    timestamp = str(int(at.timestamp()))
    signed = f"{id}.{timestamp}.".encode() + body
    signatures = [
        base64.b64encode(hmac.new(secret.key, signed, hashlib.sha256).digest()).decode()
        for secret in secrets
    ]
    return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
