"""Passwords of persons: what may be one, and the argon2 hash that is kept of it.

Length counts, no rule about kinds of characters. What is typed is compared in one Unicode form, so
that a Vietnamese password typed on another system is the same. Hashing takes about 0.1 s of
processor and 64 MiB on purpose: the caller limits how many are computed at once.
"""

import secrets
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from hub.texts import Explained, both

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200
LONGEST_TYPED = 4 * LONGEST
"""Of a text before it is brought into one form, in characters; a longer one is no password.

Trap: bringing combining marks into their order takes the square of their count, and holds the
interpreter. No longer text may ever get there.
"""
_FEWEST_DIFFERENT = 6
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are mistaken for one another."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash costs the hub, and a person that guesses."""

    iterations: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


STANDARD = Cost()
"""The second choice of RFC 9106."""
cost = STANDARD
"""What is used. Only tests set another."""


class WeakPassword(Explained):
    """A password that may not be one; `text` says why."""


def made(name: str = "") -> str:
    """Return a new random password of 79 bits, as four groups, in which the name does not stand.

    Trap: in one of eighty the name `an` would, and adding that person would fail by chance.
    """
    while True:
        found = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
        if not name or name not in found:
            return found


def require_strong(password: str, *, name: str) -> None:
    """Raise WeakPassword unless it may be the password of an account."""
    plain = _normal(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise _wrong_length()
    if len(set(plain.casefold())) < _FEWEST_DIFFERENT:
        raise WeakPassword(both("users.password_alike", fewest=_FEWEST_DIFFERENT))
    if name and name in plain.casefold():
        raise WeakPassword(both("users.password_has_name"))


def hashed(password: str) -> str:
    """Return what is kept of a password. Raises WeakPassword for one that is far too long."""
    return _hasher(cost).hash(_normal(password))


def matches(kept: str, password: str) -> bool:
    """Return whether a password is the kept one; with "" for `kept` it takes as long and is not.

    So an answer does not tell by its time whether an account is there.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        typed = _normal(password)[: LONGEST + 1] if len(password) <= LONGEST_TYPED else ""
        _hasher(cost).verify(kept or _nobodys(), typed)
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def is_outdated(kept: str) -> bool:
    """Return whether a hash was made with weaker settings than a new one would be."""
    return _hasher(cost).check_needs_rehash(kept)


@cache
def _hasher(cost: Cost) -> "PasswordHasher":
    from argon2 import PasswordHasher  # only what knows passwords pays for it

    return PasswordHasher(cost.iterations, cost.memory_kib, cost.lanes)


def _wrong_length() -> WeakPassword:
    return WeakPassword(both("users.password_length", shortest=SHORTEST, longest=LONGEST))


@cache
def _nobodys() -> str:
    return hashed(made())


def _normal(password: str) -> str:
    if len(password) > LONGEST_TYPED:
        raise _wrong_length()
    return unicodedata.normalize("NFKC", password)
