"""Which queue carries what. The hub publishes through one direct exchange, by queue name."""

INGEST = "ingest.records"
"""Messages for the records."""
DEAD = "hub.dead"
"""What the broker gave up on: rejected, or over the delivery limit."""
INVALID = "hub.invalid"
"""What breaks our own contract, exactly as it came."""
PERSON_DECIDES = (DEAD, INVALID)
"""Queues from which nothing goes by itself: a person decides."""


def deliver_queue(destination: str) -> str:
    """Return the queue that asks for work on deliveries to `destination`."""
    return f"deliver.{destination}"
