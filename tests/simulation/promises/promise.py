"""What must hold after every step of a story, and what must hold at its end."""

from collections.abc import Mapping
from enum import IntEnum


class Promise(IntEnum):
    """One sentence of `SENTENCES`; a story that breaks it is told by its number."""

    EFFECT_ONCE = 1
    EFFECTS_IN_ORDER = 2
    NOTHING_FORGOTTEN = 3
    COUNTS_EXACT = 4
    LEGAL_MOVES = 5
    EVIDENCE = 6
    NEXT_TIME = 7
    CHAINS_WHOLE = 8
    ALL_FINAL = 9
    RECORDS_KNOW = 10
    NO_ERROR_IN_A_ROLE = 11
    HANDLED_ONCE = 12
    TWO_PERSONS = 13
    ARCHIVE_WHOLE = 14
    OLD_COPY_NOTICED = 15
    MAINTENANCE_KEPT = 16
    LOCKS_GIVEN_UP = 17
    PAPERS_ONCE = 18


UNKNOWN_MOVE = "a move that the state table does not have"
"""What a trigger raises at it, in memory and on PostgreSQL: told as LEGAL_MOVES."""
SENTENCES: Mapping[Promise, str] = {
    Promise.EFFECT_ONCE: "No partner has an effect twice.",
    Promise.EFFECTS_IN_ORDER: (
        "No partner gets an effect of a dossier before an older one of its lane."
    ),
    Promise.NOTHING_FORGOTTEN: "Nothing that was acknowledged to its sender is forgotten.",
    Promise.COUNTS_EXACT: (
        "The balance is exact: every message has its delivery, every kept count is that of the "
        "rows."
    ),
    Promise.LEGAL_MOVES: "No delivery makes a move that the state table does not have.",
    Promise.EVIDENCE: (
        "A delivery counts as delivered only with evidence, and only if the partner has it."
    ),
    Promise.NEXT_TIME: (
        "What waits has a next time, as soon as its attempts ask for, or a predecessor, or a "
        "person who is told."
    ),
    Promise.CHAINS_WHOLE: "The chains of evidence and of the audit are whole.",
    Promise.ALL_FINAL: (
        "When faults have ceased and time goes on, every delivery is final or shown to a person, "
        "with the right cause."
    ),
    Promise.RECORDS_KNOW: (
        "The records know what they were told: each dossier, and that it was finished; but a "
        "message that is parked is shown to a person."
    ),
    Promise.NO_ERROR_IN_A_ROLE: (
        "No step of a role, and no handling of a message, ends with an error that is none of the "
        "story's."
    ),
    Promise.HANDLED_ONCE: "No message is handled twice by the records.",
    Promise.TWO_PERSONS: (
        "What needs two persons is done by two, once, and as the first one saw it."
    ),
    Promise.ARCHIVE_WHOLE: (
        "The archive loses nothing: its files are whole, and a dossier that comes back is what it "
        "was."
    ),
    Promise.OLD_COPY_NOTICED: (
        "A hub whose database was put back from an old copy notices it and asks before it sends: "
        "1 and 2 hold for all that the copy knows, but where a decision of a person was lost. What "
        "only the lost database knew is told again, and reaches its end; a partner that has it may "
        "get it again."
    ),
    Promise.MAINTENANCE_KEPT: "No partner is called in its announced maintenance.",
    Promise.PAPERS_ONCE: (
        "No papers that the town has count as not given because an old copy was put back."
    ),
    Promise.LOCKS_GIVEN_UP: "No statement waits for a lock that nobody gives up.",
}
"""Where one is checked: search for `Promise.NAME`."""


class Broken(AssertionError):
    """A promise does not hold; its text begins with the promise's number."""

    def __init__(self, promise: Promise, what: str) -> None:
        super().__init__(f"{promise:d}: {what}")
        self.promise = promise


def sentence_of(broken: str) -> tuple[Promise, str] | None:
    """Return the promise of a text of `Broken` and what of it is broken, None for another text."""
    number, colon, what = broken.partition(": ")
    if not colon or not number.isdecimal() or int(number) not in SENTENCES:
        return None
    return Promise(int(number)), what
