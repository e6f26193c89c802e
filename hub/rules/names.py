"""Finds a name by its words, however written: with marks or without, in any case and order.

A name becomes its rotations: each begins with another of its words and goes on with all the others.
So one range of an ordered index has every name with a word that begins so, and the row itself
tells whether the other words are there, too. Words are folded (`hub.messages.folding`): NGUYỄN,
Nguyễn in either normal form and nguyen are one word. Pure.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from hub.messages.folding import bare, folded

MOST_WORDS = 12
"""Words of a name that are kept; no person's name has more, a company's may."""
LONGEST_WORD = 20
"""Letters of a word that are kept."""


def words(text: str) -> list[str]:
    """Return the folded words of what a person typed or is named, in their order.

    What is no letter or digit stands between words: `Ka-Lăn` is two.
    """
    found = (word for piece in text.split() for word in _words_of(piece))
    return list(islice(found, MOST_WORDS))


@lru_cache(maxsize=4096)
def _words_of(piece: str) -> tuple[str, ...]:
    """Return the words of what has no blank in it; names are made of few different syllables."""
    parted = "".join(letter if letter.isalnum() else " " for letter in folded(piece))
    return tuple(word[:LONGEST_WORD] for word in filter(None, map(bare, parted.split())))


def rotations(name: str) -> list[str]:
    """Return the forms of a name under which it is found, one for each of its words."""
    return list(dict.fromkeys(_turned(words(name))))


def is_first(rotation: str, prefix: str, others: Sequence[str] = ()) -> bool:
    """Tell whether a rotation is the first of its name that is found so.

    Found are those that begin with `prefix` and have a word that begins like each of `others`
    behind: `n` finds Nguyễn Ngọc Nam three times, and one of them is enough.
    """
    found = (
        it
        for it in _turned(rotation.split(" "))
        if it.startswith(prefix) and all(f" {word}" in it for word in others)
    )
    return rotation == min(found, default=rotation)


def is_name(text: str) -> bool:
    """Tell whether what was typed into a box can be a name: words of letters.

    With a digit it takes two words of more than a letter, as in a name with a year of birth: it
    stands in no address, then. Numbers have no blanks.
    """
    pieces = [words(piece) for piece in text.split()]
    alone = [it for it in pieces if it and all(map(str.isalpha, it))]
    if any(map(str.isdigit, text)):
        return sum(len("".join(it)) > 1 for it in alone) > 1
    return bool(alone)


def _turned(own: Sequence[str]) -> list[str]:
    return [" ".join((*own[n:], *own[:n])) for n in range(len(own))]
