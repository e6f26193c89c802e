"""Which address a result file may be pulled from: the town's own, nothing else. Pure.

A callback is told by a partner, and the hub stands inside the ward's network with a token in its
hand: it must not be made to fetch from wherever a body says. What is returned is only the path
and query; the host is taken from the settings, so no way of writing an address can change it.
"""

import re
from urllib.parse import SplitResult, unquote, urlsplit

_PORTS = {"http": 80, "https": 443}
_FORBIDDEN = re.compile(r"[^\x21-\x7e]|\\")


class UrlRefused(Exception):
    """The address is not the town's; the text says in which part."""


def result_target(url: str, base: str) -> str:
    """Return path and query of `url`, relative to `base`; raises UrlRefused."""
    if _FORBIDDEN.search(url):
        raise UrlRefused("characters that no address has")
    try:
        found, own = urlsplit(url), urlsplit(base)
        same = _origin(found) == _origin(own)
    except ValueError:
        raise UrlRefused("no address") from None
    if found.username is not None or found.password is not None or found.fragment:
        raise UrlRefused("a user or a fragment")
    if not same:
        raise UrlRefused("another scheme, host or port")
    prefix = own.path.rstrip("/") + "/"
    if not found.path.startswith(prefix) or ".." in unquote(found.path).split("/"):
        raise UrlRefused("another path")
    query = f"?{found.query}" if found.query else ""
    return found.path.removeprefix(prefix.rstrip("/")) + query


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme, 0)
