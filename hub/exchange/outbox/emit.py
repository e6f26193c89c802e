"""Emits messages: records them in the journal and opens a delivery to their reader."""

from collections.abc import Sequence
from datetime import datetime

from hub.messages import catalog
from hub.messages.envelope import MAX_STORED_BYTES, Message, encode
from hub.store.deliveries import transitions
from hub.store.engine.store import Tx
from hub.store.messages import journal


def emit(tx: Tx, messages: Sequence[Message], now: datetime) -> None:
    """Store outgoing messages with their deliveries, inside the transaction that caused them."""
    if not messages:
        return
    entries = [
        journal.JournalEntry(message, encode(message, limit=MAX_STORED_BYTES))
        for message in messages
    ]
    journal.record_outgoing(tx, entries, now)
    transitions.open_all(tx, [delivery_of(message) for message in messages], now)


def delivery_of(message: Message) -> transitions.NewDelivery:
    """Return the delivery that a message needs: to whom, in which lane, how urgent."""
    entry = catalog.find(message.type, message.version)
    if entry.reader == catalog.RECORDS:
        raise ValueError(f"{message.type} is read by the records, not by a destination")
    payload = catalog.read(message)
    return transitions.NewDelivery(
        message_id=message.id,
        destination=entry.reader,
        type=message.type,
        lane=message.key,
        deadline=getattr(payload, "due_at", None),
        newest_only=catalog.may_be_superseded(payload),
    )
