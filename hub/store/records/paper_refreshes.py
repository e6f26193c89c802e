"""Dossiers with files that the province was not told of: found by the time of the last page."""

from datetime import datetime

import sqlalchemy as sa

from hub.messages.envelope import Message, decode_stored
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import journal
from hub.store.schema.tables.records import REFRESH_WANTED, dossier_files, dossiers


def quiet(tx: Tx, *, before: datetime, after: datetime, limit: int = 100) -> list[str]:
    """Return the numbers whose last page came before `before`, the longest waiting first.

    Also those whose page is dated behind `after`: a clock was wrong, and nobody waits for it.
    """
    outside = sa.or_(dossiers.c.refresh_wanted_at <= before, dossiers.c.refresh_wanted_at > after)
    query = sa.select(dossiers.c.number).where(REFRESH_WANTED, outside)
    return list(tx.execute(query.order_by(dossiers.c.refresh_wanted_at).limit(limit)).scalars())


def last_page(tx: Tx, number: str) -> Message:
    """Return the message that brought the newest scanned file of a dossier."""
    query = (
        sa.select(journal.c.body)
        .join(dossier_files, dossier_files.c.message_id == journal.c.id)
        .where(dossier_files.c.number == number, dossier_files.c.is_result.is_(False))
        .order_by(journal.c.recorded_at.desc(), journal.c.id.desc())
        .limit(1)
    )
    return decode_stored(tx.execute(query).scalar_one())
