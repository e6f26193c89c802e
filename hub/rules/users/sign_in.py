"""How long sessions last, and how long a wrong password makes its next one wait. Pure.

Nobody can lock a person out: what waits is one account from one network, and a browser with which
the person signed in before has a count of its own that guesses from elsewhere do not touch. Codes
have a count of their own, which only a right password gets to.
"""

import hashlib
import ipaddress
from datetime import timedelta
from enum import StrEnum

LONGEST = timedelta(hours=12)
"""A session ends a working day after its start."""
IDLE = timedelta(hours=1)
"""It ends when it was not used for that long."""
UNFINISHED = timedelta(minutes=10)
"""How long a sign-in may take from the right password to the right code."""
MOST_SESSIONS = 20
"""Of one person; a further one ends the oldest."""
MOST_DEVICES = 10
"""Browsers that are known of one person."""
DEVICE_LASTS = timedelta(days=180)
FORGOTTEN = timedelta(days=1)
"""After that without a further failure the count of failures begins anew."""
FREE = 4
"""Failures in a row of one account from one source after which the next one has no wait yet."""
FREE_OF_NETWORK = 60
"""The same of all accounts together from one network: a ward's persons share an address."""
MOST_CODES = 5
"""Codes that are tried in one sign-in; then it begins anew with the password."""
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=8)
"""Below UNFINISHED: a person who typed the right password can wait and type the code."""


class SessionStage(StrEnum):
    """How far a sign-in has come."""

    CODE = "code"
    """The password was right; the one-time code is missing. It opens nothing else."""
    PASSWORD = "password"  # noqa: S105 - a stage
    """The code was right, too; the password that another person gave must be changed."""
    WHOLE = "whole"


def wait_after(failures: int, *, free: int = FREE) -> timedelta:
    """Return how long the next attempt waits after that many failures in a row.

    `free`: how many go without a wait.
    """
    over = failures - free
    if over <= 0:
        return timedelta()
    doublings = min(over - 1, 16)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)


def network_of(address: str) -> str:
    """Return the network that counts as one source: the IPv4 address, or the IPv6 /64."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def masked_address(address: str) -> str:
    """Return an address as lists show it, without its last part: `10.1.2.x`."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    if isinstance(known, ipaddress.IPv4Address):
        return f"{str(known).rpartition('.')[0]}.x"
    return str(ipaddress.ip_network((known, 48), strict=False))


def source_of(name: str, *, address: str, device: str = "", codes: bool = False) -> str:
    """Return under what failures are counted: sha256 of account and network, or account and device.

    `device`: the digest of a mark that the store knows as this person's, else ""; `codes`: of
    one-time codes, else of passwords.
    """
    where = f"device {device}" if device else f"network {network_of(address)}"
    return _sha256(f"{name}\0{'codes ' if codes else ''}{where}")


def source_of_session(id: str) -> str:
    """Return under what the codes of one sign-in are counted."""
    return _sha256(f"\0session {id}")


def source_of_network(address: str) -> str:
    """Return under what the attempts of a network are counted, whatever the account."""
    return _sha256(f"\0network {network_of(address)}")


def account_of(name: str) -> str:
    """Return what failures keep of an account, so that a reset clears them: its sha256.

    Never the name as it was typed: some persons type their password there.
    """
    return _sha256(name)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
