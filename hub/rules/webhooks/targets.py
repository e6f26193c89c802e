"""Where a webhook may go: HTTPS, and no address inside the ward's network unless it is allowed.

A webhook has the hub call an address that a partner named. Without a rule it would reach what only
the ward's own machines may (server-side request forgery). So the caller resolves the name, each
address is judged here, and the connection goes to a judged address. Pure: resolves nothing.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from hub.rules.clients.client import Network, is_in
from hub.texts import Text, both

LONGEST = 500
_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_EMBEDDING = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))
"""Networks of IPv6 whose last four bytes are an IPv4 address."""


class NotATarget(ValueError):
    """An address cannot be that of a webhook; `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def check_url(url: str) -> None:
    """Raise NotATarget for what is no address of a webhook, whatever its host resolves to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotATarget(both("webhooks.bad_url")) from None
    printable = url.isascii() and url.isprintable() and " " not in url
    if not printable or len(url) > LONGEST or not parts.hostname or port == 0:
        raise NotATarget(both("webhooks.bad_url"))
    if parts.username or parts.password or parts.fragment:
        raise NotATarget(both("webhooks.url_with_login"))
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)):
        return
    raise NotATarget(both("webhooks.not_https"))


def forbidden(addresses: Iterable[str], allowed: Sequence[Network]) -> str | None:
    """Return the first address that may not be called, None where all may be."""
    return next((it for it in addresses if not _may_be_called(it, allowed)), None)


def _may_be_called(address: str, allowed: Sequence[Network]) -> bool:
    if is_in(address, allowed):
        return True
    try:
        known = _plain(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if is_in(str(known), allowed):
        return True
    return known.is_global and not known.is_multicast and not known.is_reserved


def _plain(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address within one of IPv6, where it has one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in network for network in _EMBEDDING):
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


def _is_loopback(host: str) -> bool:
    return host == "localhost" or is_in(host, _LOOPBACK)
