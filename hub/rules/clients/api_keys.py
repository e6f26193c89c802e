"""API keys: how one is made, read and kept.

A key is `hub_<prefix>_<secret>`. The prefix names the key in lists and in the audit; the secret has
260 random bits, so that its sha256 can be kept without a salt or a slow hash: nobody can try them.
A key has no readable repr, so that it cannot slip into a log or an error.

A derived key looks the same. Its secret is computed from the prefix and the hub's key file, so that
the hub can compute it again: the digest of WS-Security needs the secret on both sides.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

MARK = "hub"
ALARM_BEFORE = timedelta(days=14)
"""How long before its end a key becomes a task."""
LIVE_AT_ONCE = 2
"""Keys of one client that may be live together: the old one and its successor."""
PREFIX_LENGTH = 8
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_SECRET_LENGTH = 52
_KEY = re.compile(
    rf"{MARK}_(?P<prefix>[{_LETTERS}]{{{PREFIX_LENGTH}}})_(?P<secret>[{_LETTERS}]{{{_SECRET_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its client holds it."""

    prefix: str
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """The whole key; it is shown once."""
        return f"{MARK}_{self.prefix}_{self.secret}"

    @property
    def digest(self) -> str:
        """What the hub keeps of the key."""
        return digest(self.text)


def fresh() -> ApiKey:
    """Return a new random key."""
    return ApiKey(random_letters(PREFIX_LENGTH), random_letters(_SECRET_LENGTH))


def fresh_prefix() -> str:
    """Return a new random prefix."""
    return random_letters(PREFIX_LENGTH)


def derived(prefix: str, key: bytes) -> ApiKey:
    """Return the key of a prefix that belongs to the content of a key file."""
    made = hmac.digest(key, f"{MARK} WS-Security {prefix}".encode(), "sha256")
    return ApiKey(prefix, base64.b32encode(made).decode().rstrip("=").lower())


def read(text: str) -> ApiKey | None:
    """Return the key of a text, None where it has not the form of one."""
    found = _KEY.fullmatch(text)
    return ApiKey(found["prefix"], found["secret"]) if found else None


def digest(text: str) -> str:
    """Return the sha256 of a secret, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def matches(kept: str, key: ApiKey) -> bool:
    """Return whether a key is the kept one, compared in constant time."""
    return hmac.compare_digest(kept, key.digest)


def random_letters(length: int) -> str:
    """Return random small letters and digits, five bits each."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
