"""Why there is no contract to read."""

import hashlib

LONGEST = 600
"""Characters of what is said of one part."""


class NotServed(Exception):
    """The partner certainly does not serve this document; the text says how it said so."""


class UnreadableContract(Exception):
    """The partner serves it, and it cannot be read; the text names the place."""


def short(text: str) -> str:
    """Return a text, cut and with its hash where it is long: a list of ten thousand values."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… sha256 {hashlib.sha256(text.encode()).hexdigest()[:16]}"
