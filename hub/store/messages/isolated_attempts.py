"""Isolated attempts: the marks that outlive a process which dies of a message.

A row is there only for a message that came again and again: how many starts found it unhandled
(for a broker that keeps no count over a restart), and how many tries alone were begun that have
not ended. By the id of the queue message, because reading its body may be what kills; by the hash
of the body where there is no id.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.exchange import UNHANDLED, journal, lone_tries
from hub.store.statements.compiled import Compiled


def begun(tx: Tx, id: str) -> int:
    """Return how many tries of a message alone were begun and did not end."""
    count = tx.execute(
        sa.select(lone_tries.c.begun).where(lone_tries.c.message_id == id)
    ).scalar_one_or_none()
    return count or 0


def unended(tx: Tx) -> list[str]:
    """Return the messages of which a try alone was begun and did not end."""
    return _UNENDED.scalars(tx)


_UNENDED = Compiled(sa.select(lone_tries.c.message_id).where(lone_tries.c.begun > 0))


def begin(tx: Tx, id: str, *, number: int) -> None:
    """Mark that the `number`-th try of a message alone begins; safe to do again."""
    statement = insert(tx, lone_tries).on_conflict_do_update(
        index_elements=[lone_tries.c.message_id], set_={"begun": number}
    )
    tx.execute(statement, {"message_id": id, "begun": number})


def withdraw(tx: Tx, id: str, *, number: int) -> None:
    """Let the `number`-th try count as not begun; safe to do again, and late."""
    mine = (lone_tries.c.message_id == id, lone_tries.c.begun == number)
    tx.execute(sa.update(lone_tries).where(*mine).values(begun=number - 1))


def end(tx: Tx, *ids: str) -> None:
    """Take every mark of these messages away."""
    tx.execute(sa.delete(lone_tries).where(lone_tries.c.message_id.in_(ids)))


def find(tx: Tx, ids: Sequence[str]) -> None:
    """Count that one more start has found these messages unhandled.

    A row for each message that waits, beside the row of the outbox that asks for it: no more than
    there are, because each start first forgets those that were handled.
    """
    statement = insert(tx, lone_tries).on_conflict_do_update(
        index_elements=[lone_tries.c.message_id], set_={"found": lone_tries.c.found + 1}
    )
    if ids:
        tx.execute(statement, [{"message_id": id, "found": 1} for id in ids])


def found(tx: Tx, *, times: int) -> set[str]:
    """Return the messages that at least so many starts have found unhandled."""
    return set(
        tx.execute(sa.select(lone_tries.c.message_id).where(lone_tries.c.found >= times)).scalars()
    )


def forget(tx: Tx) -> None:
    """Take away the marks of messages that were handled after all."""
    waits = sa.exists().where(journal.c.id == lone_tries.c.message_id, UNHANDLED)
    tx.execute(sa.delete(lone_tries).where(~waits))
