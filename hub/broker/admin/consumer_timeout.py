"""How long the broker lets a consumer keep a message without a word, against how long we may. Pure.

RabbitMQ's `consumer_timeout` (30 minutes unless set) can be set for the node, and since 3.11.15 for
a queue by policy or argument; the smallest holds. Only what stands at a queue can be read; the
node's own value is told by nobody, so it is measured
(`hub.broker.admin.probe.acknowledgement_timeout`).
"""

from datetime import timedelta

from hub.broker.admin.compare import LiveQueue
from hub.texts import text

SERVER_DEFAULT = timedelta(minutes=30)
LEAST = timedelta(minutes=5)
"""Below this RabbitMQ itself advises against it: the broker looks only once a minute."""


def set_at(queue: LiveQueue) -> timedelta | None:
    """Return what an argument or a policy of the queue says, None where neither does."""
    detail = (
        queue.arguments.get("x-consumer-timeout"),
        (queue.effective or {}).get("consumer-timeout"),
    )
    values = [value for value in detail if isinstance(value, int) and value > 0]
    return timedelta(milliseconds=min(values)) if values else None


def words(length: timedelta) -> str:
    """Return a duration as an operator reads it."""
    seconds = length.total_seconds()
    if seconds >= 120:
        return text("broker_checks.minutes", count=f"{seconds / 60:.0f}")
    return text("broker_checks.seconds", count=f"{seconds:.0f}")
