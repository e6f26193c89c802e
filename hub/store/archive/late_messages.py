"""Messages that come about a dossier whose personal data was erased: only their evidence is kept.

Nothing visits such a message again: a repeat is handled without an effect, and what is parked can
never be used, because the dossier cannot come back. So its body goes when it is handled or parked;
hash and size stay, and the files that it names are marked for removal. The body is not parsed: it
may be one that cannot be read, or of which the process dies.
"""

import hashlib
from datetime import datetime

import sqlalchemy as sa

from hub.store.archive import references
from hub.store.engine.store import Tx
from hub.store.schema.tables.archive import archived_dossiers
from hub.store.schema.tables.exchange import journal
from hub.store.schema.tables.records import dossiers
from hub.store.statements.compiled import Compiled

_WHICH: sa.BindParameter[str] = sa.bindparam("which")
# The condition on `erased_at` stays out: with it the lock would not wait for who is just erasing.
_TIMES = [
    Compiled(sa.select(it.c.erased_at).where(it.c.number == _WHICH).with_for_update())
    for it in (dossiers, archived_dossiers)
]
_OF_MESSAGE = sa.and_(journal.c.id == _WHICH, journal.c.body_hash.is_(None))
_BODY = Compiled(sa.select(journal.c.body).where(_OF_MESSAGE))
_EMPTY = Compiled(
    sa.update(journal)
    .where(_OF_MESSAGE)
    .values(body=b"", body_hash=sa.bindparam("hash"), body_size=sa.bindparam("length"))
)


def empty_if_erased(tx: Tx, id: str, key: str, *, now: datetime) -> bool:
    """Empty a message that is handled or parked if its dossier was erased; tell whether it was.

    `key`: the number of the dossier.
    """
    times = [time for query in _TIMES for time in query.scalars(tx, {"which": key})]
    if not any(times):
        return False
    empty(tx, id, now=now)
    return True


def empty(tx: Tx, id: str, *, now: datetime) -> None:
    """Take the body out of one message; hash and size stay, its files are marked for removal."""
    for body in _BODY.scalars(tx, {"which": id}):
        digest = hashlib.sha256(body).hexdigest()
        _EMPTY.run(tx, {"which": id, "hash": digest, "length": len(body)})
        references.mark(tx, references.named_in(body), now=now)
