"""Words that names must not use, each with the one to use instead, and the exceptions with
reasons."""

import re

FORBIDDEN = {
    "ask": "enqueue (work), query (a partner)",
    "asked": "enqueued, queried",
    "asking": "enqueueing, querying",
    "asks": "work, queries",
    "bell": "outbox listener",
    "blamed": "counted",
    "board": "pause registry",
    "doorbell": "outbox listener",
    "gate": "admission",
    "heeded": "respected",
    "kills": "is poison",
    "lone": "isolated",
    "look": "poll, check, query, refresh",
    "looked": "polled, checked",
    "looks": "polls, checks",
    "manners": "call limits",
    "mend": "fix, repair",
    "menders": "owners",
    "mould": "template",
    "moulds": "templates",
    "outlast": "retry",
    "pulse": "heartbeat",
    "reach": "capacity",
    "said": "the noun: reply, message",
    "say": "emit, print, log",
    "shelve": "set aside",
    "silence": "connection watchdog",
    "suspect": "poison message",
    "suspects": "poison messages",
    "tell": "notify, report, return",
    "told": "reported",
    "turn": "permit, generation, iteration",
    "turns": "permits, writer",
    "urgency": "priority",
    "weather": "fault schedule",
}
"""Each word and what to say instead."""

ALLOWED: dict[str, str] = {
    "asked_at": "a column that the last release and archive files read",
    "lone_tries": "a table that the last release reads",
    "looked_at": "a column that the last release reads",
    "files_told": "a column that the last release and archive files read",
}
"""Names that stay, and why."""

_COMPOUNDS = ("look_up", "looking_up")
"""Two words that are one term."""


def words_of(name: str) -> list[str]:
    """Return the words of a name in any spelling, lower case."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    plain = re.sub(r"[\W_]+", "_", spaced).lower()
    for compound in _COMPOUNDS:
        plain = plain.replace(compound, compound.replace("_", ""))
    return [word for word in plain.split("_") if word]


def forbidden_in(name: str) -> list[str]:
    """Return the forbidden words of a name that is no exception."""
    return [] if name in ALLOWED else [word for word in words_of(name) if word in FORBIDDEN]
