"""Attempts: every call to a partner, written before it is made, completed with its outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import attempts
from hub.store.statements.compiled import Compiled

_START = Compiled(sa.insert(attempts), columns=("delivery_id", "number", "kind", "started_at"))
_FINISH = Compiled(
    sa.update(attempts)
    .where(
        attempts.c.delivery_id == sa.bindparam("d"),
        attempts.c.number == sa.bindparam("n"),
        attempts.c.kind == sa.bindparam("k"),
        attempts.c.finished_at.is_(None),
    )
    .values(
        finished_at=sa.bindparam("f"),
        outcome=sa.bindparam("o"),
        code=sa.bindparam("c"),
        detail=sa.bindparam("t"),
        request_hash=sa.bindparam("q"),
        response_hash=sa.bindparam("r"),
        differs=sa.bindparam("w"),
    ),
    key="d",  # one call of a delivery ends at a time
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a call ended; hashes are sha256 of what was sent and of the reply, when known."""

    delivery_id: int
    number: int
    kind: str = "send"
    at: datetime
    outcome: str
    code: str | None = None
    detail: str | None = None
    request_hash: str | None = None
    response_hash: str | None = None
    differs: tuple[str, ...] = ()
    """The partner's names of the fields that were not as sent."""


def differing(tx: Tx, ids: Sequence[int]) -> dict[tuple[int, int], str]:
    """Return (delivery, number) -> names of the fields that were not as sent, where some were."""
    query = sa.select(attempts.c.delivery_id, attempts.c.number, attempts.c.differs)
    query = query.where(attempts.c.delivery_id.in_(ids), attempts.c.differs.is_not(None))
    return {(row.delivery_id, row.number): row.differs for row in tx.execute(query)}


def start(tx: Tx, calls: Sequence[tuple[int, int]], *, now: datetime, kind: str = "send") -> None:
    """Record that calls `(delivery, number)` are about to be made."""
    rows = [
        {"delivery_id": id, "number": number, "kind": kind, "started_at": now}
        for id, number in calls
    ]
    if rows:
        _START.run_each(tx, rows)


def finish(tx: Tx, ended: Sequence[Finished]) -> None:
    """Complete the attempts of calls."""
    rows = [
        {
            "d": e.delivery_id,
            "n": e.number,
            "k": e.kind,
            "f": e.at,
            "o": e.outcome,
            "c": e.code,
            "t": e.detail,
            "q": e.request_hash,
            "r": e.response_hash,
            "w": ", ".join(e.differs) or None,
        }
        for e in ended
    ]
    if rows:
        _FINISH.run_each(tx, rows)
