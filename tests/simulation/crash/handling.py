"""The hub's handling of messages, of which a story hears each error that no message has caused.

The hub outlives such an error: it tries again, and at last parks the message for a person.
"""

from collections.abc import Callable, Collection, Sequence

from hub.exchange.records_queue.receive import Receive
from hub.messages.invalid import InvalidMessage
from hub.rules.failures.errors import EarlyMessage
from hub.store.archive import index
from hub.store.engine.store import Tx
from hub.store.messages import journal
from hub.store.records import dossiers
from hub.store.records.batch_state import AddedMeanwhile

RECEIVED = "dossier.received"


class StoryReceive(Receive):
    """Tells of errors in handlers."""

    failed: Callable[[str, Exception], None]
    _overtaken: tuple[Exception, Collection[str]] | None = None
    """Why a batch has failed, and its dossiers: no defect where one of them is there by now."""

    def apply(self, tx: Tx, entries: Sequence[journal.JournalEntry]) -> None:
        """As `Receive.apply`."""
        try:
            super().apply(tx, entries)
        except (EarlyMessage, InvalidMessage):
            raise
        except AddedMeanwhile as error:
            if len(entries) == 1:
                self.failed("receive", error)
            self._overtaken = (
                error,
                {it.message.key for it in entries if it.message.type == RECEIVED},
            )
            raise
        except Exception as error:
            self.failed("receive", error)
            raise

    def _store_is_back(self) -> bool:
        """As `Receive`'s; asked when a batch has failed, and nothing of it is written."""
        overtaken, self._overtaken = self._overtaken, None
        if overtaken and not self._some_are_there(overtaken[1]):
            self.failed("receive", overtaken[0])
        return super()._store_is_back()

    def _some_are_there(self, numbers: Collection[str]) -> bool:
        """Tell whether a dossier of the batch came meanwhile, or was archived before."""
        with self.store.read() as tx:
            found = (dossiers.get(tx, number, lock=False) for number in sorted(numbers))
            return bool(index.known(tx, numbers)) or any(found)
