"""Lone tries: when a message is handled alone, and when no more, because the process dies of it.

A process that dies has hundreds of messages in hand, and each of them comes again with a higher
count, so the count accuses nobody: also a broker or a network that failed raises it. It only says
whom to look at, one at a time. What then counts is a death while a message was in hand alone.
"""

SUSPECT_FROM = 3
"""Deliveries without an end from which a message is handled alone. Less would send what was in
hand at every second fault of the network the slow way; more would leave too few of the ten that
the queue's delivery limit allows."""
LONE_TRIES = 2
"""Tries alone that did not end, after which a message is not tried again. One could be the power
that failed at that very moment."""


def is_suspect(lost: int) -> bool:
    """Tell whether a message that was delivered `lost` times without an end is handled alone."""
    return lost >= SUSPECT_FROM


def kills(deaths: int) -> bool:
    """Tell whether a message during whose lone tries the process died `deaths` times is parked."""
    return deaths >= LONE_TRIES
