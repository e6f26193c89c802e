"""Texts of a partner as a profile's words are compared with them."""

import unicodedata


def spaced(text: str) -> str:
    """Return a text in one normal form and case, with single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
