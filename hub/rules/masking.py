"""Masks what a caller chose and what may be a person's: in logs and in the audit, never in answers.

A path, or the name of an unknown field, is a caller's own text: an identity number or a phone may
stand where a dossier's number belongs. Runs of nine digits and more are masked (dossier numbers
have none, identity numbers and phones are), and words with letters beyond ASCII, as Vietnamese
names have them, also percent-encoded. Not promised: a name in ASCII.
"""

import re

_DIGITS = re.compile(r"(?<![0-9A-Za-z])[0-9]{9,}(?![0-9A-Za-z])")
_ENCODED = re.compile(r"[^/?&=\s]*%[89A-Fa-f][0-9A-Fa-f][^/?&=\s]*")
_BEYOND_ASCII = re.compile(r"[^/?&=\s\x00-\x1f\x7f]*[^\x00-\x7f][^/?&=\s\x00-\x1f\x7f]*")
MASK = "***"


def masked(text: str) -> str:
    """Return a caller's text without what may be personal data."""
    for pattern in (_DIGITS, _ENCODED, _BEYOND_ASCII):
        text = pattern.sub(MASK, text)
    return text
