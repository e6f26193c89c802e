"""Superseding: of waiting deliveries of one dossier only the newest state has to arrive."""

from collections.abc import Sequence
from datetime import datetime

from hub.store.conservation import counts
from hub.store.deliveries import delivery_statements as statements
from hub.store.engine.store import Tx


def supersede_overtaken(
    tx: Tx, ids: Sequence[int], destination: str, now: datetime
) -> list[tuple[int, str]]:
    """Settle, of waiting deliveries about to be tried again, those that a newer one replaces.

    Returns (id, lane) of each. Only where the newest state is all that matters, and never one
    whose effect is unknown: old data is not sent when newer data of the same kind stands behind it.
    """
    needless = statements.NEEDLESS.scalars(tx, {"ids": ids, "to": destination})
    if not needless:
        return []
    lock_newer(tx, needless)
    values = {"ids": needless, "to": destination, "now": now}
    overtaken = statements.OVERTAKEN.all(tx, values)
    counts.settled(tx, [row.id for row in overtaken])
    return [(row.id, row.lane) for row in overtaken]


def lock_newer(tx: Tx, ids: Sequence[int]) -> None:
    """Lock what replaces deliveries, so that it is not cancelled before they are superseded.

    Precondition: the caller holds the locks on `ids`. Lock order within a lane is older row, newer
    row, lane. After this call, check again that the newer delivery is there; it may have been
    cancelled in the meantime. SQLite has one writer.
    """
    if tx.dialect.name != "sqlite":
        statements.LOCK_NEWER.all(tx, {"ids": ids})
