"""The hub's handling of messages, of which a story hears each error that no message has caused.

The hub outlives such an error: it tries again, and at last parks the message for a person.
"""

from collections.abc import Callable, Sequence

from hub.exchange.records_queue.receive import Receive
from hub.messages.invalid import InvalidMessage
from hub.rules.failures.errors import EarlyMessage
from hub.store.engine.store import Tx
from hub.store.messages import journal
from hub.store.records.batch_state import AddedMeanwhile


class StoryReceive(Receive):
    """Tells of errors in handlers."""

    failed: Callable[[str, Exception], None]

    def apply(self, tx: Tx, entries: Sequence[journal.JournalEntry]) -> None:
        """As `Receive.apply`."""
        try:
            super().apply(tx, entries)
        except (EarlyMessage, InvalidMessage):
            raise
        except Exception as error:
            # Where a dossier came meanwhile, a batch is handled again, one by one.
            if not (isinstance(error, AddedMeanwhile) and len(entries) > 1):
                self.failed("receive", error)
            raise
