"""A database that was put back from an old copy: what it believes unsent may have gone out since.

`doubt_everything` turns every delivery that would be sent into a question to the partner. One whose
effect was unknown is asked about anew: a reply from before the restore says nothing of what was
sent since. Those that wait behind another one are only marked, and become queries when they are
first: queried earlier, a later one could be sent before an earlier one. `CallCounterFile` notices
an old copy by a number that is kept outside of the database.
"""

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.change_feed import numbering
from hub.store.deliveries.delivery_statements import RESTORED, doubtful
from hub.store.engine.file_rights import write_whole
from hub.store.engine.store import Store, Tx
from hub.store.schema.tables.exchange import UNSETTLED, attempts, deliveries
from hub.store.statements.compiled import Compiled

_NEWEST = 200
"""Calls among which the last one to end is sought: more are not under way at once."""
DETAIL = "the database was restored: it may have gone out since the copy was made"


def doubt_everything(tx: Tx, *, now: datetime) -> dict[str, int]:
    """Have every delivery that would be sent asked about first; return counts by kind."""
    may_go = (S.PENDING, S.WAITING, S.SENDING, S.AMBIGUOUS)
    would_go = deliveries.c.state.in_([state.value for state in may_go])
    why = {"code": RESTORED, "detail": DETAIL, "partner_code": None}
    question: dict[str, object] = {"state": S.AMBIGUOUS.value, "next_attempt_at": now}
    question |= {"asked_at": None, "lease_until": None, **doubtful(now), **why}
    to_query = tx.execute(sa.update(deliveries).where(would_go, UNSETTLED).values(**question))
    on_hold = sa.and_(deliveries.c.state == S.HELD.value, UNSETTLED)
    behind = tx.execute(sa.update(deliveries).where(on_hold).values(**why))
    # What the copy does not know of gets its place in the feed anew, for other changes.
    numbering.begin_epoch(tx, now=max(filter(None, (now, _last_call(tx)))))
    return {"queried": to_query.rowcount, "behind": behind.rowcount}


def _last_call(tx: Tx) -> datetime | None:
    """Return when the copy's last calls ended: the clock of this machine may be behind it."""
    newest = attempts.c.id > _given(tx) - _NEWEST
    rows = tx.execute(sa.select(attempts.c.started_at, attempts.c.finished_at).where(newest)).all()
    return max((row.finished_at or row.started_at for row in rows), default=None)


class CallCounterFile:
    """How far the database has come, kept in a small file beside the stored files.

    It is written now and then, so an old copy that is younger than the last writing is not noticed.
    It must not be restored together with the database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_ahead(self, store: Store) -> bool:
        """Tell whether the database has made fewer calls than this file knows of."""
        try:
            known = int(self.path.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return False
        return _calls(store) < known

    def write(self, store: Store) -> None:
        """Keep the present number, durably and whole."""
        write_whole(self.path, str(_calls(store)).encode("ascii"))


# The number that the database gave last, and not the highest that is there: the archive may have
# taken the newest attempts of a hub that has been idle for long.
_ON_SQLITE = "SELECT seq FROM sqlite_sequence WHERE name = 'attempts'"
_ON_POSTGRESQL = "SELECT pg_sequence_last_value(pg_get_serial_sequence('attempts', 'id'))"
_GIVEN = Compiled(lambda dialect: sa.text(_ON_SQLITE if dialect == "sqlite" else _ON_POSTGRESQL))


def _calls(store: Store) -> int:
    with store.read() as tx:
        return _given(tx)


def _given(tx: Tx) -> int:
    given = _GIVEN.raw(tx, {})
    return int(given[0][0] or 0) if given else 0
