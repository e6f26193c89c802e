"""What the message beside a reply code says: success, failure, or neither. Vietnamese and English.

A message may not contradict its code. The rule: words of failure (lỗi, thất bại) speak of failure
unless they are denied (không có lỗi, 0 lỗi); a denial of anything else (không thành công, chưa tiếp
nhận, không tìm thấy) speaks of failure, because what was asked for was a success; a few denials say
nothing (không cần, không thu phí). Words of success that are not denied speak of success, unless
none were successful (thành công: 0, success=false). Anything twisted further (two denials, letters
that were lost on the way) counts as contradicting, so that the partner is asked; asking is never
wrong. The words themselves are data: `adapters/wire/data/words.toml`.
"""

import html
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

CATALOGUE = Path(__file__).parents[1] / "data" / "words.toml"
SHORT = 40
"""Characters of a message that is kept with what it says: most replies have the same few."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a message says."""

    success: bool
    failure: bool
    """Failure, or something that nobody can tell."""
    exists: bool = False
    """That something of the kind was there before."""
    unusual: bool = False
    """There are words, and none of them is known, or what they say of success is not certain."""


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, tuple[str, ...]]:
    """Return the words, by what they are."""
    text = CATALOGUE.read_text(encoding="utf-8")
    return {name: tuple(words) for name, words in tomllib.loads(text).items()}


def read_words(message: str) -> Words:
    """Return what a message says; an empty one says nothing."""
    text = plain(message)
    return _words(text) if len(text) <= SHORT else _words.__wrapped__(text)


@lru_cache(maxsize=64)
def _words(text: str) -> Words:
    lost = bool(_LOST.search(text))
    rules = _rules(holes=lost, fold=text.isascii() and not lost)
    if not _LETTERS.search(text) or _NOTHING.fullmatch(text):
        return Words(success=False, failure=lost)
    left = rules.harmless.sub(" ; ", text)
    denied = rules.denied_failure.sub(" ; ", rules.nought.sub(" ; ", left))
    failure = bool(rules.failure.search(denied) or rules.denial.search(denied))
    failure = failure or bool(rules.none_done.search(denied))
    twofold = bool(rules.code_ahead.search(denied))
    success = bool(rules.success.search(denied)) and not failure
    failure = failure or (lost and not success)
    return Words(
        success=success,
        failure=failure,
        exists=bool(rules.exists.search(text)),
        unusual=not failure and (not success or twofold) and denied == left,
    )


def plain(message: str) -> str:
    """Return a message to look words up in: composed, small letters, single blanks.

    Undone are HTML's entities, and UTF-8 that was once read as a one-byte charset.
    """
    return _plain(message) if len(message) <= SHORT else _plain.__wrapped__(message)


@lru_cache(maxsize=64)
def _plain(message: str) -> str:
    text = html.unescape(message)
    for charset in ("cp1252", "latin-1"):
        try:
            text = text.encode(charset).decode()
            break
        except UnicodeError:
            continue
    text = unicodedata.normalize("NFC", text).casefold()
    return " ".join(text.replace("’", "'").split())


def folded(text: str) -> str:
    """Return a text without the marks of its letters, as old programs write Vietnamese."""
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(it for it in apart if not unicodedata.combining(it))


_LOST = re.compile(r"\w\?\w|\w\?\?|\?\?\?|\ufffd|[ãáäæ][\u0080-\u00bf\u2018-\u2122]")
"""Letters that a narrow column turned into question marks, or a wrong charset into others."""
_LETTERS = re.compile(r"[^\W\d_]")
_NOTHING = re.compile(r"null|nil|n/?a|none|undefined|no_?errors?")
"""Whole messages that programs write where there is nothing to say."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """The lists as patterns."""

    denial: re.Pattern[str]
    failure: re.Pattern[str]
    success: re.Pattern[str]
    harmless: re.Pattern[str]
    denied_failure: re.Pattern[str]
    nought: re.Pattern[str]
    none_done: re.Pattern[str]
    code_ahead: re.Pattern[str]
    exists: re.Pattern[str]


@lru_cache(maxsize=4)
def _rules(*, holes: bool, fold: bool) -> _Rules:
    """Return the patterns for texts with lost letters (`holes`) or without marks (`fold`)."""

    def any_of(*words: str) -> str:
        found = "|".join(words)
        if fold:
            found = folded(found)
        if holes:
            found = "".join(it if it.isascii() else f"[{it}?\ufffd]+" for it in found)
        return f"(?:{found})"

    known = catalogue()
    failures = known["failures"] + (() if fold or holes else known["failures_with_marks"])
    no, wrong, done = any_of(*known["denials"]), any_of(*failures), any_of(*known["successes"])
    counted = any_of(*known["counted"])
    start, end, alone = r"(?<!\w)", r"(?!\w)", r"(?![.,:/]?\w)"
    zero = rf"(?<![\w.,:/-])0+(?:/[0-9]+)? {counted}"
    false = any_of("0+", "null", "nil", "false", "n/?a", "trống") + alone
    false += "|" + any_of("không(?: có)?", "none", "no") + r"(?= ?(?:[.,;!)\]\"']|$))"
    return _Rules(
        denial=re.compile(f"{start}{no}{end}"),
        failure=re.compile(f"{start}{wrong}{end}"),
        success=re.compile(f"{start}{done}{end}"),
        # "No. 12" and "receipt no: 12" count something.
        harmless=re.compile(f"{start}(?:{no} {any_of(*known['harmless'])}{end}|no[.:#]? ?[0-9])"),
        denied_failure=re.compile(
            f"{start}(?:{no}(?: {any_of(*known['between'])})*|0+|{zero}) {wrong}{end}"
        ),
        nought=re.compile(f"{start}{wrong}{end} ?[:=] ?[\"'(\\[]?(?:{false})"),
        none_done=re.compile(
            f"{start}{done}{end}(?: {counted})? ?[:=] ?[\"'(\\[]?(?:0+/[0-9]+{alone}|{false})"
            f"|{start}{done} 0+(?:/[0-9]+{alone}|(?= {counted}{end}))"
            f"|{zero}{end}|{start}{counted}(?: affected)? ?[:=] ?0+{alone}"
        ),
        # "0 thành công" may be none of them, or the code 0.
        code_ahead=re.compile(rf"(?<![\w.,:/-])0+ {done}{end}"),
        exists=re.compile(f"{start}{any_of(*known['exists'])}{end}"),
    )
