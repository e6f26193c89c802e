"""What a reply code says of a call, as one rule for every partner and a table for each.

A code speaks only under an HTTP status that it belongs to, never under a 5xx; with words that its
row asks for; and only while the message does not contradict it: words of failure beside a code that
means done, words of success beside one that means not done. Everything else is unknown, except that
a status which says by itself that nothing was done stays so under a code that agrees.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from adapters.wire.profile import Code, Means
from adapters.wire.reading.reply import Reply
from adapters.wire.reading.words import read_words
from hub.ports import DriftKind
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
    unknown_code,
)

FAILURES: Mapping[str, tuple[type[DeliveryFailure], str]] = {
    Means.REFUSED: (PermanentFailure, "partner_refused"),
    Means.FORBIDDEN: (NotAttempted, "partner_forbidden"),
    Means.BUSY: (TransientFailure, "partner_busy"),
    Means.SERVER_ERROR: (AmbiguousFailure, "reply_server_error"),
}
"""What a meaning is as a failure; the others are the adapter's to act on."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.0+)?")
_NOT_DONE = frozenset(
    {Means.NOT_THERE, Means.SESSION_OVER, Means.REFUSED, Means.FORBIDDEN, Means.BUSY}
)


class CodeTable:
    """The codes of one partner; safe in many threads. `0`, `00` and ` 0 ` are one code."""

    def __init__(self, rows: Iterable[tuple[str, Code]]) -> None:
        self._rows: dict[str, list[Code]] = {}
        for code, row in rows:
            self._rows.setdefault(normal(code), []).append(row)

    def classify(self, reply: Reply, code: str, message: str, *, place: str) -> Means:
        """Return what a readable reply says of the call; UNKNOWN where only its status speaks.

        `place` names the field of the code. Raises AmbiguousFailure: `reply_unknown_code` where no
        row fits, `reply_unreadable` where code, status and words contradict each other.
        """
        status, rows = reply.status, self._rows.get(normal(code), [])
        if status >= 500:
            if not any(status in row.statuses for row in rows):
                reply.findings.add(DriftKind.CODE_STATUS, place)
            return Means.UNKNOWN
        refused = 400 <= status < 500
        plain = _plain(message)
        row = next((row for row in rows if _words_fit(row, plain)), None)
        if row is None or row.means == Means.UNKNOWN:
            if refused and not _claims_success(rows) and not read_words(message).success:
                return Means.UNKNOWN
            raise unknown_code(code.strip(), place)
        _check_words(reply, row, message, place)
        if status in row.statuses:
            return row.means
        reply.findings.add(DriftKind.CODE_STATUS, place)
        if refused and row.means in _NOT_DONE:
            return Means.UNKNOWN
        read = f"HTTP {status} beside a code that does not belong to it"
        fix = "ask the partner what both together mean, then add the status to the code's row"
        raise reply.findings.refuse(place, read, fix=fix)

    def may_mean(self, code: str, means: Means) -> bool:
        """Tell whether the code means that beside some words."""
        return any(row.means is means for row in self._rows.get(normal(code), ()))

    def is_unusual(self, reply: Reply, code: str, message: str, *, place: str) -> bool:
        """Tell whether a message beside a code of success is none that anybody knows, and note it.

        `place` names the field of the message.
        """
        plain = _plain(message)
        row = next(
            (row for row in self._rows.get(normal(code), []) if _words_fit(row, plain)), None
        )
        if row is None or row.means != Means.DONE:
            return False
        left = _without_usual(row, message)
        words = read_words(left)
        if left != message or not (words.unusual or words.exists):
            return False
        reply.findings.add(DriftKind.UNKNOWN_VALUE, place)
        return True


def normal(code: str) -> str:
    """Return a code in the spelling by which it is looked up: a number without zeros ahead."""
    text = code.strip()
    return str(int(text.partition(".")[0])) if _NUMBER.fullmatch(text) else text.casefold()


def _claims_success(rows: Iterable[Code]) -> bool:
    return any(row.means in {Means.DONE, Means.ALREADY} for row in rows)


def _words_fit(row: Code, plain: str) -> bool:
    if row.words and not any(_plain(word) in plain for word in row.words):
        return False
    left = plain
    for text in row.except_for:
        left = left.replace(_plain(text), " ")
    return not any(_plain(word) in left for word in row.never)


def _without_usual(row: Code, message: str) -> str:
    """Return a message without the texts that the row lists as usual; itself where it has none."""
    if not row.usual:
        return message
    plain = left = _plain(message)
    for text in row.usual:
        left = left.replace(_plain(text), " ")
    return message if left == plain else left


def _check_words(reply: Reply, row: Code, message: str, place: str) -> None:
    """Raise AmbiguousFailure for words that contradict the meaning of a code."""
    means = row.means
    if means not in _CONTRADICTED:
        return
    words = read_words(_without_usual(row, message))
    if means == Means.DONE and words.failure:
        read = "a code of success beside words of failure, or of no telling"
    elif means in _NOT_DONE and words.success:
        read = "a code of refusal beside words of success"
    else:
        return
    fix = "ask the partner what happened; the message is in the partner's own log"
    raise reply.findings.refuse(place, read, fix=fix)


_CONTRADICTED = _NOT_DONE | {Means.DONE}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
