"""Message ids: 32 hexadecimal digits, time-ordered when new, derived when caused.

A derived id makes a handler repeatable: handling the same cause twice yields the same messages,
so the inbox and the unique keys of the store see the second time for what it is.
"""

import hashlib
import os
import time


def new_id() -> str:
    """Return a fresh id that sorts by creation time (48 bits of milliseconds, 80 random bits)."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def derive_id(cause: str, *parts: str) -> str:
    """Return the id of what `cause` brings about; the same arguments give the same id."""
    text = "\x1f".join((cause, *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
