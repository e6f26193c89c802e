"""What a partner is known to have of a dossier, as requests, for a question about one more.

Steps of one dossier may look alike: of what the partner shows, each explains one message only.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from hub.messages import catalog
from hub.messages.envelope import Message, decode_stored
from hub.messages.invalid import InvalidMessage
from hub.ports import Destination, Request
from hub.rules.failures.errors import DeliveryFailure
from hub.store.deliveries import doubts
from hub.store.deliveries.transitions import Claimed
from hub.store.engine.store import Store


def request_beside(
    destination: Destination, message: Message, beside: Iterable[Message] = ()
) -> Request:
    """Return the request with which to ask about a message; raises PermanentFailure.

    `beside`: what the partner is known to have of the same dossier, in the order of the lane.
    """
    request = destination.prepare(message, catalog.read(message))
    return replace(request, beside=tuple(_prepared(destination, beside)))


def delivered_beside(store: Store, destination: str, claimed: Claimed) -> Sequence[Message]:
    """Return the messages of the lane that were delivered, in its order."""
    if not claimed.lane:
        return ()
    with store.read() as tx:
        bodies = doubts.delivered_of(tx, destination, claimed.lane, besides=claimed.id)
    return list(readable(bodies))


def readable(bodies: Iterable[bytes]) -> Iterable[Message]:
    """Yield the messages of wire forms, without those that were emptied for an erasure."""
    for body in bodies:
        with suppress(InvalidMessage):
            yield decode_stored(body)


def _prepared(destination: Destination, messages: Iterable[Message]) -> Iterable[Request]:
    for message in messages:
        try:
            yield destination.prepare(message, catalog.read(message))
        except (DeliveryFailure, InvalidMessage):
            continue  # what cannot be said any more cannot be compared either
