"""The one query about a delivery whose effect is unknown: build the request, ask, note the answer.

Steps of one dossier may look alike: of what the partner shows, each explains one message only. So a
query knows what the partner is known to have of the dossier. Whatever fails here leaves the effect
as unknown as it was.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from hub.exchange.delivery.doubt_age import DoubtAges
from hub.exchange.delivery.settle import CallOutcome, Result
from hub.messages import catalog
from hub.messages.envelope import Message, decode_stored
from hub.messages.invalid import InvalidMessage
from hub.ports import Clock, Destination, Doubt, Request, Unclear
from hub.rules.failures.error_summary import describe_error
from hub.rules.failures.errors import DeliveryFailure, TransientFailure
from hub.runtime import tracing
from hub.runtime.telemetry import Event, log
from hub.store.deliveries import doubts
from hub.store.deliveries.transitions import Claimed
from hub.store.engine.store import Store, is_away


def make_query(
    destination: Destination, store: Store, claimed: Claimed, *, clock: Clock, ages: DoubtAges
) -> CallOutcome:
    """Ask the partner about a delivery and return what came of it."""
    message, digest, operation = None, "", ""
    started_at = clock()
    result: Result
    try:
        message = decode_stored(claimed.body)
        there = delivered_beside(store, destination.name, claimed)
        request = request_beside(destination, message, there)
        question = destination.question(request)
        digest, operation = question.digest, question.operation
        with tracing.calling(message, delivery=claimed.id, attempt=claimed.attempts):
            result = destination.find(request)
    except DeliveryFailure as failure:
        result = failure
    except Exception as error:
        log.error(
            Event.ROLE_CRASHED,
            role=f"reconcile.{destination.name}",
            delivery=claimed.id,
            error=describe_error(error),
        )
        away = is_away(error)
        result = TransientFailure("store_away") if away else Unclear(why=Doubt.NO_ANSWER)
    return CallOutcome(
        claimed=claimed,
        message=message,
        result=result,
        finished_at=clock(),
        digest=digest,
        started_at=started_at,
        operation=operation,
        age=partial(ages.age, claimed.id, queried_at=started_at),
    )


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
