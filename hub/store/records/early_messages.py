"""Early messages: what is said of a dossier that is not here yet, or of papers not scanned yet.

A message is kept as early, enqueued again when its dossier comes, and parked when that does not
happen in time. What an officer's decision waits for is a matter of the records, so it stands here
and not in the journal, which knows no dossier.
"""

from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.messages.journal import BY_ID, JournalEntry, enqueue_rows, oldest, upsert_waiting
from hub.store.records import batch_state
from hub.store.schema.tables.exchange import (
    STATE_ACCEPTED,
    STATE_EARLY,
    STATE_PARKED,
    UNHANDLED,
    journal,
)
from hub.store.schema.tables.records import dossiers
from hub.store.statements.compiled import Compiled

_EARLY_OF = Compiled(oldest(journal.c.state == STATE_EARLY, journal.c.key == sa.bindparam("which")))


def keep(tx: Tx, entry: JournalEntry, now: datetime) -> None:
    """Keep a message that came before what it is about; `wake` asks for it again.

    It is early since it was found to be so first, however often it is asked for since.
    """
    upsert_waiting(tx, entry, now, {"state": STATE_EARLY, "early_since": now})


def wake(tx: Tx, key: str) -> list[str]:
    """Ask again for the early messages of a key, in the order of their ids; return the ids."""
    hand = batch_state.holding(tx, key)
    if hand and key not in hand.early:
        return []
    woken: list[str] = []
    while page := enqueue_rows(tx, _EARLY_OF.all(tx, {"which": key})):
        woken += page
    return woken


def wake_all(tx: Tx, *, after: str = "", limit: int = 500) -> list[str]:
    """Ask again for a page of early messages, whatever their key, by id behind `after`.

    Returns the ids. The dossier may have come in the moment between looking for it and keeping the
    message.
    """
    return enqueue_rows(tx, _ALL_EARLY.all(tx, {"after": after, "most": limit}))


_ALL_EARLY = Compiled(
    oldest(
        journal.c.state == STATE_EARLY,
        sa.bindparam("after") < BY_ID,
        limit=sa.bindparam("most"),
    )
)


def park(tx: Tx, since_before: datetime) -> int:
    """Park early messages whose dossier, or whose papers, never came; return how many.

    Counted from when a message was found to be early: it may have been accepted long before, while
    the broker was away. Left alone while another message of its key was accepted and waits to be
    handled: that may be its dossier.
    """
    return _PARK.run(tx, {"before": since_before})


def _park() -> sa.Update:
    other = journal.alias("other")
    coming = sa.exists().where(
        other.c.state == STATE_ACCEPTED, other.c.key == journal.c.key, UNHANDLED
    )
    # Of a dossier that is here an officer's word waits for papers only.
    here = sa.exists().where(dossiers.c.number == journal.c.key)
    papers = sa.and_(journal.c.type == "dossier.progressed", here)
    return (
        sa.update(journal)
        .where(journal.c.state == STATE_EARLY, UNHANDLED)
        .where(journal.c.early_since < sa.bindparam("before"))
        .where(~coming)
        .values(
            state=STATE_PARKED,
            code=sa.case((papers, "papers_missing"), else_="dossier_unknown"),
            reason=sa.case((papers, "no paper was scanned"), else_="the dossier never came"),
        )
    )


_PARK = Compiled(_park())
