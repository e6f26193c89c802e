"""Where an operation of a partner is called: the profile's address, from the partner's URL. Pure.

`http(s)://...` stands as it is; `/path` is at the host of the partner's URL; anything else stands
behind that URL; an empty one is the URL itself.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from adapters.wire.profile.contradictions import EVERY


def resolve(base: str, address: str) -> str:
    """Return the whole address; `base` is the partner's URL."""
    if address.startswith(("http://", "https://")):
        return address
    parts = urlsplit(base)
    if address.startswith("/"):
        return f"{parts.scheme}://{parts.netloc}{address}"
    return f"{base.rstrip('/')}/{address}" if address else base


def address_of(table: Mapping[str, str], operation: str) -> str | None:
    """Return the address that a table gives for an operation, None where it gives none."""
    return table.get(operation, table.get(EVERY))


def split(address: str) -> tuple[str, str]:
    """Return the origin of an address, and the target of a request to it."""
    parts = urlsplit(address)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}", (parts.path or "/") + query
