"""Isolated attempts: when a message is handled alone, and when no more, as the process dies of it.

When a process crashes, every prefetched message is redelivered with a higher count, so the
count alone does not identify the cause; broker and network failures raise it too. It only selects
messages to process in isolation. What then counts is a crash while a message was processed alone.

Queries to a partner are made several at once, so a crash does not identify the cause either. A
delivery that was in hand at several crashes is queried alone from then on.
"""

ISOLATE_FROM = 3
"""Deliveries without an end from which a message is handled alone. Less would send what was in
hand at every second fault of the network the slow way; more would leave too few of the ten that
the queue's delivery limit allows."""
ISOLATED_ATTEMPTS = 2
"""Tries alone that did not end, after which a message is not tried again. One could be the power
that failed at that very moment."""
ISOLATED_QUERIES = 10
"""Questions alone that did not end, after which nobody asks any more. More than tries, because a
question has no effect and may take minutes: a stop often falls into one."""


def is_possible_poison(lost: int) -> bool:
    """Tell whether a message that was delivered `lost` times without an end is handled alone."""
    return lost >= ISOLATE_FROM


def is_poison(deaths: int) -> bool:
    """Return whether a message is parked after `deaths` crashes during its isolated attempts."""
    return deaths >= ISOLATED_ATTEMPTS


def isolated_queries(unended: int) -> int:
    """Return how many of the queries that did not end were made alone.

    Those after the first few. During the first ones another delivery may have been at fault, so
    they count towards nothing.
    """
    return max(0, unended - ISOLATE_FROM)


def queries_are_poison(unended: int) -> bool:
    """Tell whether a delivery with so many questions that did not end is left to a person."""
    return isolated_queries(unended) >= ISOLATED_QUERIES
