"""Forms of the console that were sent, by their one-time id: begun once, and what came of each.

What is a day old is deleted. A row without an outcome is of a form that is being carried out now,
or of one whose process ended meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.operators.users import sent_forms
from hub.texts import Text

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentForm:
    """A form that was sent; without an end it is being carried out, or was cut off."""

    id: str
    user: str
    """Name of the account."""
    begun_at: datetime
    ended_at: datetime | None
    outcome: Text | None


def begin(tx: Tx, id: str, *, user: str, now: datetime) -> bool:
    """Take a form on; False for one that was begun before."""
    tx.execute(sa.delete(sent_forms).where(sent_forms.c.begun_at <= now - KEPT))
    statement = insert(tx, sent_forms).values(id=id, user=user, begun_at=now)
    return tx.execute(statement.on_conflict_do_nothing()).rowcount == 1


def end(tx: Tx, id: str, *, outcome: Text, now: datetime) -> None:
    """Keep what came of a form."""
    statement = sa.update(sent_forms).where(sent_forms.c.id == id)
    tx.execute(statement.values(ended_at=now, outcome=outcome))


def give_back(tx: Tx, id: str) -> None:
    """Forget a form that had no effect, so that it can be sent again."""
    tx.execute(sa.delete(sent_forms).where(sent_forms.c.id == id))


def sent(tx: Tx, id: str) -> SentForm | None:
    """Return a form that was sent, None for one that was not."""
    row = tx.execute(sa.select(sent_forms).where(sent_forms.c.id == id)).mappings().one_or_none()
    return None if row is None else SentForm(**row)
