"""Finds a name by its words, however written: with marks or without, in any case and order.

A name becomes its rotations: each begins with another of its words and goes on with all the others.
So one range of an ordered index has every name with a word that begins so, and the row itself
tells whether the other words are there, too. Words are folded (`hub.messages.folding`): NGUYỄN,
Nguyễn in either normal form and nguyen are one word. Pure.
"""

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
    own = words(name)
    turned = (" ".join((*own[n:], *own[:n])) for n in range(len(own)))
    return list(dict.fromkeys(turned))


def is_name(text: str) -> bool:
    """Tell whether what was typed into a box can be a name: a word of letters, no digit."""
    return any(map(str.isalpha, words(text))) and not any(map(str.isdigit, text))
