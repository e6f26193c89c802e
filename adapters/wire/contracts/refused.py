"""Why there is no contract to read."""

import hashlib

LARGEST = 20_000
"""Parts of a contract. One with more is not compared: it would be another program's."""
STEPS = 100_000
"""Declarations that are opened for one operation, some of them often."""
LONGEST = 600
"""Characters of what is said of one part."""


class NotServed(Exception):
    """The partner certainly does not serve this document; the text says how it said so."""


class Unreadable(Exception):
    """The partner serves it, and it cannot be read; the text names the place."""


def check_size(parts: int, *, steps: int = 0) -> None:
    """Raise Unreadable for a contract with too many parts, or that takes too long to open."""
    if parts > LARGEST or steps > STEPS:
        raise Unreadable(f"more than {LARGEST} parts in an operation that the hub calls")


def short(text: str) -> str:
    """Return a text, cut and with its hash where it is long: a list of ten thousand values."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… sha256 {hashlib.sha256(text.encode()).hexdigest()[:16]}"
