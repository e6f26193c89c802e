"""What of a partner's message may be kept: its words, without numbers, sessions and names. Pure."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 160
PHRASE = 60
"""Longest text that is proposed as a word of the profile."""
_SECRET = re.compile(r"[A-Za-z0-9+/=_\-.]{24,}|\S*\d{4,}\S*")
"""Sessions, tokens, numbers of people and dossiers."""
_MASK = "…"


def kept(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a partner's message as people may read it in the protocol."""
    return " ".join(_masked(text, secrets).split())[:LONGEST]


def phrase(text: str, secrets: Iterable[str] = ()) -> str:
    """Return the longest piece of a message that comes with every such reply, "" for none.

    Blanks are kept as they are: the piece is looked up in the message.
    """
    pieces = re.split(r"[…\r\n\t\"'<>{}\[\]]|\.\s|:\s|;\s", _masked(text, secrets))
    longest = max((it.strip(" .,:;!?-–()") for it in pieces), key=len, default="")
    if len(longest) > PHRASE:
        longest = longest[: PHRASE + 1].rpartition(" ")[0] or longest[:PHRASE]
    return longest if sum(it.isalpha() for it in longest) >= 4 else ""


def _masked(text: str, secrets: Iterable[str]) -> str:
    text = unicodedata.normalize("NFC", text)
    for secret in secrets:
        if secret:
            text = text.replace(secret, _MASK)
    text = _SECRET.sub(_MASK, text)
    return "".join(it if it.isprintable() or it.isspace() else " " for it in text)
