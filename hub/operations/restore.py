"""After an old copy of the database was put back: nothing is sent again without asking first.

What the copy holds as accepted and not handled is handled now, so that its deliveries are there to
be asked about; then every delivery that would be sent becomes a question to its partner. Replay
plans and proposals of the copy end: nobody knows which of them were carried out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hub.messages.envelope import decode_stored
from hub.operations.approvals import deciding
from hub.operations.signed_by import SignedBy
from hub.rules.failures.error_summary import describe_error
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store, is_away
from hub.store.evidence import audit
from hub.store.messages import journal
from hub.store.repair import replay_work, replays
from hub.store.repair.restore import CallCounterFile, doubt_everything
from hub.texts import both


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was found and done."""

    handled: int
    failed: int
    """Accepted messages on which our own code failed: what they say will not be asked about."""
    queried: int
    """Deliveries that are asked about now."""
    behind: int
    """Deliveries that are asked about when those before them are settled."""


def restore(
    store: Store,
    handle: Callable[[journal.JournalEntry], None],
    mark: CallCounterFile,
    by: SignedBy,
) -> Restored:
    """Prepare a restored database for its start. The hub must stand still."""
    handled, failed = _handle_accepted(store, handle)
    with store.write(long=True) as tx:
        counts = doubt_everything(tx, now=by["now"])
        # What was planned or proposed may have been carried out in the time that was lost.
        replay_work.cancel_all(tx)
        replays.stop_all(tx, why=both("replay.old_copy"), now=by["now"])
        deciding.end_open(tx, both("approvals.old_copy"), by)
        audit.record(tx, action="restored", object="database", **by)
    mark.write(store)
    return Restored(handled=handled, failed=failed, **counts)


def _handle_accepted(
    store: Store, handle: Callable[[journal.JournalEntry], None]
) -> tuple[int, int]:
    handled, failed, after = 0, 0, ""
    while True:
        with store.read() as tx:
            page = journal.unhandled(tx, after=after)
        if not page:
            return handled, failed
        for id, body in page.items():
            try:
                handle(journal.JournalEntry(decode_stored(body), body))
                handled += 1
            except Exception as error:
                if is_away(error):
                    raise
                failed += 1
                log.error(Event.HANDLER_CRASHED, message_id=id, error=describe_error(error))
        after = max(page)
