"""Masks what a caller chose and what may be a person's: in logs and in the audit, never in answers.

A path, or the name of an unknown field, is a caller's own text: an identity number or a phone may
stand where a dossier's number belongs. Runs of nine digits and more are masked (dossier numbers
have none, identity numbers and phones are), and words with letters beyond ASCII, as Vietnamese
names have them, also percent-encoded. Not promised: a name in ASCII.

The caller chooses the length as well, so the time grows with it and not with its square: each word
is searched once. One pattern for a whole word around what it must contain would begin anew at each
letter.
"""

import re
from functools import partial

_DIGITS = re.compile(r"(?<![0-9A-Za-z])[0-9]{9,}(?![0-9A-Za-z])")
_PERSONAL_WORDS = (
    (re.compile(r"[^/?&=\s]+"), re.compile(r"%[89A-Fa-f][0-9A-Fa-f]")),
    (re.compile(r"[^/?&=\x00-\x20\x7f]+"), re.compile(r"[^\x00-\x7f]")),
)
"""A word, and what it holds when it may be a name."""
MASK = "***"


def masked(text: str) -> str:
    """Return a caller's text without what may be personal data."""
    text = _DIGITS.sub(MASK, text)
    for word, personal in _PERSONAL_WORDS:
        text = word.sub(partial(_masked_word, personal), text)
    return text


def _masked_word(personal: re.Pattern[str], word: re.Match[str]) -> str:
    return MASK if personal.search(word[0]) else word[0]
