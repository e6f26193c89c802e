"""Words that names must not use, each with the one to use instead, and the exceptions with
reasons."""

import re

FORBIDDEN = {
    "ask": "enqueue (work), query (a partner)",
    "asked": "enqueued, queried",
    "asking": "enqueueing, querying",
    "asks": "work, queries",
    "bell": "wakeup, outbox listener",
    "blamed": "counted",
    "board": "pause registry",
    "crowd": "open connections",
    "door": "endpoint, route",
    "doorbell": "outbox listener",
    "gate": "admission",
    "heed": "respect, watch",
    "heeded": "respected",
    "kills": "is poison",
    "judge": "classify, compare, decide",
    "judged": "classified, decided",
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
    "says": "shows, means",
    "shelve": "set aside",
    "standing": "state, facts, what needs a person; of a pause: listed",
    "standings": "states",
    "suspect": "poison message",
    "suspects": "poison messages",
    "tell": "notify, report, return",
    "tells": "reports, shows",
    "told": "reported",
    "turn": "permit, generation, iteration",
    "turns": "permits, writer",
    "urgency": "priority",
    "weather": "fault schedule",
}
"""Each word and what to say instead."""

FORBIDDEN_VERBS = {
    "note": "record, keep, audit, count",
    "ring": "wake",
    "take": "claim, reserve, receive, collect, read",
    "takes": "accepts",
}
"""Words with which no function may begin; as nouns they are plain English."""

ONE_ROOM = {
    "settle": "delivery",
    "settles": "delivery",
    "settled": "delivery",
    "settling": "delivery",
    "unsettled": "delivery",
    "park": "message",
    "parked": "message",
    "unpark": "message",
    "held": "lane",
}
"""Words with one meaning: the thing of which alone they are said."""

ROOMS = {
    "delivery": (
        "hub/bootstrap/partners/roles.py",
        "hub/console/settling/",
        "hub/drill/pilot/",
        "hub/exchange/delivery/",
        "hub/operations/deliveries/",
        "hub/rules/deliveries/recovery.py",
        "hub/runtime/failpoints.py",
        "hub/store/conservation/",
        "hub/store/deliveries/",
        "hub/store/records/reading/partner_view.py",
        "hub/store/repair/",
        "hub/store/schema/tables/exchange.py",
    ),
    "message": (
        "hub/exchange/records_queue/",
        "hub/cli/approvals/proposing.py",
        "hub/cli/deliveries/attention.py",
        "hub/cli/messages/retry.py",
        "hub/console/parked/",
        "hub/operations/approvals/discarding.py",
        "hub/operations/parked_messages.py",
        "hub/store/console/groups.py",
        "hub/rules/retention/",
        "hub/rules/users/approvals.py",
        "hub/runtime/telemetry.py",
        "hub/store/messages/",
        "hub/store/monitoring/attention.py",
        "hub/store/records/early_messages.py",
        "hub/store/schema/tables/exchange.py",
    ),
    "lane": ("hub/rules/deliveries/states.py", "hub/store/deliveries/"),
}
"""Where the code of a thing stands. A broker's message is acknowledged, not settled."""

ALLOWED: dict[str, str] = {
    "broker_kills": "how often a drill killed the broker; a key of the demo's report",
    "asked_at": "a column that the last release and archive files read",
    "lone_tries": "a table that the last release reads",
    "looked_at": "a column that the last release reads",
    "HeldDossier": "a schema of the town's contract",
    "HeldFile": "a schema of the town's contract",
    "files_told": "a column that the last release and archive files read",
}
"""Names that stay, and why."""

ALLOWED_COLUMNS = {"standing": "of flow_samples, which the last release reads"}
"""Columns that stay, and why."""

_COMPOUNDS = ("look_up", "looking_up", "take_over")
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


def forbidden_of(name: str, place: str, *, is_function: bool) -> list[str]:
    """Return the forbidden words of a function, attribute, class or constant of a file."""
    if name in ALLOWED:
        return []
    words = words_of(name)
    verbs = [word for word in words[:1] if is_function and word in FORBIDDEN_VERBS]
    elsewhere = [word for word in words if _is_elsewhere(word, place)]
    return [*forbidden_in(name), *verbs, *elsewhere]


def instead_of(word: str) -> str:
    """Return what to say instead of a forbidden word."""
    if word in ONE_ROOM:
        return f"said of a {ONE_ROOM[word]} only"
    return FORBIDDEN.get(word) or FORBIDDEN_VERBS[word]


def _is_elsewhere(word: str, place: str) -> bool:
    return word in ONE_ROOM and not place.startswith(ROOMS[ONE_ROOM[word]])
