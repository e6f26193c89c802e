"""A person has a message of `hub.dead` or `hub.invalid` handled again: back where it came from.

Only to a work queue of the hub. The audit has the wish before anything is moved, because the broker
takes no part in the transaction.
"""

from hub.broker.admin.rejected_messages import publish_again
from hub.broker.topology import TOPOLOGY
from hub.messages.queues import PERSON_DECIDES
from hub.operations.signed_by import SignedBy
from hub.ports import BrokerUnavailable
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.texts import Explained, both

WORK = tuple(queue.name for queue in TOPOLOGY.queues if queue.name not in PERSON_DECIDES)


class NotSentBack(Explained):
    """The message was not moved; `text` says why."""


def send_back(
    store: Store, broker_url: str, queue: str, fingerprint: str, *, to: str, by: SignedBy
) -> None:
    """Move the message of a fingerprint to the work queue `to`. Raises NotSentBack."""
    if queue not in PERSON_DECIDES or to not in WORK:
        raise NotSentBack(both("pauses.no_work_queue", queue=to[:120]))
    with store.write() as tx:
        what = f"{queue} {fingerprint[:64]} to {to}"
        audit.record(tx, action="broker.send_back", object=what, **by)
    try:
        moved = publish_again(broker_url, queue, fingerprint, to=to)
    except BrokerUnavailable:
        raise NotSentBack(both("pauses.broker_away")) from None
    if not moved:
        raise NotSentBack(both("pauses.message_gone", queue=queue))
