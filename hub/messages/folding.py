"""A text as a person reads it: what differs only in how it is written becomes the same text.

Folded are normal forms, case, blanks of every kind, marks that nobody sees, letters that look alike
(Đ and Ð) and the place of a Vietnamese tone (hòa, hoà). Nothing that a person would read as another
word is folded: diacritics and punctuation count. Pure.
"""

import unicodedata

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
"""Grave, acute, tilde, hook above, dot below: one a syllable, so its place tells nothing."""
_ALIKE = str.maketrans(
    {
        "ð": "đ",  # Eth, which old code pages have in the place of the Vietnamese letter
        "ɖ": "đ",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
    }
)


def folded(text: str) -> str:
    """Return the text in the one form that all its ways of being written share."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_ALIKE)
    if not plain.isprintable():
        plain = "".join(map(_visible, plain))
    return " ".join(map(_tone_last, plain.split()))


def bare(text: str) -> str:
    """Return the letters and digits alone, without their marks: what a careless copy keeps."""
    apart = unicodedata.normalize("NFKD", folded(text)).replace("đ", "d")
    return "".join(letter for letter in apart if letter.isalnum())


def _visible(letter: str) -> str:
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter) in ("Cf", "Cc") else letter


def _tone_last(word: str) -> str:
    apart = unicodedata.normalize("NFD", word)
    if apart.isascii():
        return word
    tones = [letter for letter in apart if letter in _TONES]
    rest = unicodedata.normalize("NFC", "".join(x for x in apart if x not in _TONES))
    return rest + "".join(sorted(tones))
