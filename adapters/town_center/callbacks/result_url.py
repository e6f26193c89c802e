"""Where a result file is pulled from: the town's own host, whatever host an address names. Pure.

A callback is told by a partner, and the hub stands inside the ward's network with a token in its
hand: it must not be made to fetch from wherever a body says. So only path and query are taken from
the address; scheme, host and port are those of the settings. That also reads what town systems
write when a gateway stands in front of them: `http` for `https`, the name of an inner machine, an
address without a host, Vietnamese letters and spaces as they are.
"""

import re
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

_PORTS = {"http": 80, "https": 443}
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")
_PATH, _QUERY = "/:@!$&'()*+,;=~-._", "/:@!$&'()*+,;=~-._?"


class UrlRefused(Exception):
    """There is no file that the address names; the text says in which part."""


def result_target(url: str, base: str) -> str:
    """Return path and query of `url` at the host of `base`; raises UrlRefused.

    The path of an inner machine may lack the part of `base` behind its host: a gateway adds it.
    """
    url = url.strip(" ")
    if _FORBIDDEN.search(url):
        raise UrlRefused("characters that no address has")
    own = urlsplit(base)
    prefix = own.path.rstrip("/")
    try:
        found = urlsplit(urljoin(f"{base.rstrip('/')}/", url) if "//" not in url else url)
        named, ours = _origin(found), _origin(own)
    except ValueError:
        raise UrlRefused("no address") from None
    if found.scheme and found.scheme.lower() not in _PORTS:
        raise UrlRefused(f"not http or https: {found.scheme[:10]}")
    if ".." in unquote(found.path).split("/"):
        raise UrlRefused("a path that leads upwards")
    if len(found.path) < 2 or found.path.rstrip("/") == prefix:
        raise UrlRefused("no path")
    path = found.path
    if named != ours and not path.startswith(f"{prefix}/"):
        path = prefix + path
    query = f"?{_escaped(found.query, _QUERY)}" if found.query else ""
    return _escaped(path, _PATH) + query


def _escaped(text: str, safe: str) -> str:
    """Return the text as an address carries it; what is escaped already stays."""
    return re.sub(
        r"%(?![0-9A-Fa-f]{2})|[^%]+",
        lambda part: quote(part[0], safe=safe),
        text,
    )


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme, 0)
