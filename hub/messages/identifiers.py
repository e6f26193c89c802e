"""Message ids: 32 hexadecimal digits, time-ordered when new, derived when caused.

A derived id makes a handler repeatable: handling the same cause twice yields the same messages,
so the inbox and the unique keys of the store see the second time for what it is.
"""

import hashlib
import os
import re
import time
from datetime import date

_ID = re.compile(r"[0-9a-f]{32}")
_MOMENT = 12
"""Digits of an id that hold its time."""
_EPOCH, _DAY_MS = date(1970, 1, 1).toordinal(), 86_400_000


def new_id() -> str:
    """Return a fresh id that sorts by creation time (48 bits of milliseconds, 80 random bits)."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def derive_id(cause: str, *parts: str) -> str:
    """Return the id of what `cause` brings about; the same arguments give the same id.

    When the cause is an id, the derived one begins with the same time and so stands beside it in
    every index: with random ids each row of a batch touches an index page of its own, and the
    database writes twice as much.
    """
    moment = cause[:_MOMENT] if _ID.fullmatch(cause) else ""
    return _derived(moment, cause, *parts)


def derive_id_near(day: date, place: int, cause: str, *parts: str) -> str:
    """Return a derived id that stands in an index beside those of the same day and near places.

    `day` and `place` follow from the other arguments, e.g. they are those of a dossier's number.
    """
    moment = ((day.toordinal() - _EPOCH) * _DAY_MS + place) % 16**_MOMENT
    return _derived(f"{moment:0{_MOMENT}x}", cause, *parts)


def _derived(moment: str, *parts: str) -> str:
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return moment + digest[: 32 - len(moment)]
