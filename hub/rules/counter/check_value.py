"""What a person proves a dossier with at a kiosk: the last digits of the own identity number. Pure.

It is on no paper in the hall, every applicant knows it, and papers that other software prints need
nothing new. It is short: how often it may be guessed is bounded where it is compared.
"""

import hashlib
import hmac
from typing import Final

DIGITS: Final = 4
FREE_OF_KIOSK: Final = 20
"""Wrong attempts in a row at one kiosk after which the next one has no wait yet."""
FREE_OF_DOSSIER: Final = 5
"""The same for one dossier, at all kiosks together."""


def check_value_of(identity_number: str) -> str:
    """Return the check value of an identity number, "" where it has too few digits."""
    digits = [it for it in identity_number if it.isdecimal() and it.isascii()]
    return "".join(digits[-DIGITS:]) if len(digits) > DIGITS else ""


def matches(identity_number: str, typed: str) -> bool:
    """Tell whether a typed check value is the right one, compared in constant time."""
    expected = check_value_of(identity_number)
    return hmac.compare_digest(expected.encode(), typed.encode()) and bool(expected)


def source_of_kiosk(client: str) -> str:
    """Return under what the wrong attempts of a kiosk are counted."""
    return hashlib.sha256(f"\0kiosk {client}".encode()).hexdigest()


def source_of_dossier(number: str) -> str:
    """Return under what the wrong attempts about a dossier are counted."""
    return hashlib.sha256(f"\0kiosk dossier {number}".encode()).hexdigest()
