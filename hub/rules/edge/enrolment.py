"""The one-time code with which a workstation becomes an agent. Pure.

The code has 60 random bits, lasts a quarter of an hour, and is kept as its sha256. It is read as a
person types it: small or capital letters, with or without the hyphens.
"""

import ipaddress
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from hub.rules.clients import api_keys

LASTS: Final = timedelta(minutes=15)
RIGHTS: Final = frozenset({"edge.exchange", "files.store"})
"""What an agent may: exchange events and work of its own devices, and store their files."""
KEY_LASTS: Final = timedelta(days=730)
_GROUPS, _GROUP = 3, 4


def fresh_code() -> str:
    """Return a new code: `abcd-efgh-2345`."""
    return "-".join(api_keys.random_letters(_GROUP) for _ in range(_GROUPS))


def digest(code: str) -> str:
    """Return what is kept of a code."""
    return api_keys.digest("".join(it for it in code.lower() if it.isascii() and it.isalnum()))


def former_key(key: str) -> str:
    """Return what proves that one has a key, and opens nothing; "" for what is no key."""
    read = api_keys.read(key)
    return f"{read.prefix}:{read.digest}" if read is not None else ""


def keeps_secrets(url: str) -> bool:
    """Tell whether code and key may go to an address: by TLS, or to this machine itself."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            return bool(host)
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    return parts.scheme == "http" and local
