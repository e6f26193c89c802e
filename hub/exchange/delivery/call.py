"""The one call of a claimed delivery: read the message, build the request, send it, note its end.

A failure before `send` certainly had no effect; from `send` on bytes may have left, so what is not
foreseen there leaves the effect unknown. Only a clock that fails is raised.
"""

from hub.exchange.delivery.settle import CallOutcome
from hub.messages import catalog
from hub.messages.envelope import Message, decode_stored
from hub.ports import Clock, Destination, Receipt
from hub.rules.failures.error_summary import describe_error
from hub.rules.failures.errors import AmbiguousFailure, DeliveryFailure, PermanentFailure
from hub.store.deliveries.transitions import Claimed


def make_call(destination: Destination, claim: Claimed, clock: Clock) -> CallOutcome:
    """Make the call of `claim` and return its outcome."""
    message: Message | None = None
    digest, operation, sending = "", "", False
    started_at = clock()
    result: Receipt | DeliveryFailure
    try:
        message = decode_stored(claim.body)
        request = destination.prepare(message, catalog.read(message))
        digest, operation, sending = request.digest, request.operation, True
        result = destination.send(request)
    except DeliveryFailure as failure:
        result = failure
    except Exception as error:
        kind, code = (
            (AmbiguousFailure, "send_crashed") if sending else (PermanentFailure, "prepare_failed")
        )
        result = kind(code, describe_error(error))
    return CallOutcome(
        claimed=claim,
        message=message,
        result=result,
        finished_at=clock(),
        digest=digest,
        started_at=started_at,
        operation=operation,
    )
