"""The signature of a callback: HMAC-SHA256 over its time and its body. Pure.

It proves that the holder of the shared secret sent these bytes. It is no protection against a
repeat: a repeated callback is a duplicate, known by its step, and harmless. So the time matters
little: a callback that waited for hours in the town's queue, or comes from a clock that is wrong,
is proven all the same. Only one older than the hub may remember steps is refused, as old.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

TIMESTAMP = "x-town-timestamp"
SIGNATURE = "x-town-signature"
_PREFIX = "sha256="


class SignatureRefused(Exception):
    """The callback is not proven to come from the town; the text says which part is wrong."""


class SignatureOld(Exception):
    """The callback comes from the town, and from a time that is too far away."""


def sign(body: bytes, secret: str, *, at: datetime) -> dict[str, str]:
    """Return the two headers of a callback that is sent at `at`."""
    stamp = str(int(at.timestamp()))
    return {TIMESTAMP: stamp, SIGNATURE: _PREFIX + _digest(body, secret, stamp)}


def verify(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    *,
    now: datetime,
    tolerance: timedelta,
) -> None:
    """Check the headers of a callback; raises SignatureRefused, SignatureOld."""
    found = {name.lower(): value for name, value in headers.items()}
    stamp = found.get(TIMESTAMP, "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise SignatureRefused(f"{TIMESTAMP} is missing or not a number of seconds")
    given = found.get(SIGNATURE, "").strip().lower().encode("utf-8", "replace")
    if not hmac.compare_digest(given, (_PREFIX + _digest(body, secret, stamp)).encode()):
        raise SignatureRefused(f"{SIGNATURE} is missing or wrong")
    # Compared as numbers: twelve digits of seconds can lie beyond what a datetime can hold.
    if abs(int(stamp) - now.astimezone(UTC).timestamp()) > tolerance.total_seconds():
        raise SignatureOld(f"old, not wrong: {TIMESTAMP} is more than {tolerance.days} days off")


def _digest(body: bytes, secret: str, stamp: str) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
