"""Message ids: 32 hexadecimal digits, time-ordered when new, derived when caused.

A derived id makes a handler repeatable: handling the same cause twice yields the same messages,
so the inbox and the unique keys of the store see the second time for what it is.
"""

import hashlib
import os
import re
import time

_ID = re.compile(r"[0-9a-f]{32}")
_MOMENT = 12
"""Digits of an id that hold its time."""


def new_id() -> str:
    """Return a fresh id that sorts by creation time (48 bits of milliseconds, 80 random bits)."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def derive_id(cause: str, *parts: str) -> str:
    """Return the id of what `cause` brings about; the same arguments give the same id.

    When the cause is an id, the derived one begins with the same time and so stands beside it in
    every index: with random ids each row of a batch touches an index page of its own, and the
    database writes twice as much.
    """
    text = "\x1f".join((cause, *parts))
    digest = hashlib.sha256(text.encode()).hexdigest()
    moment = cause[:_MOMENT] if _ID.fullmatch(cause) else ""
    return moment + digest[: 32 - len(moment)]
