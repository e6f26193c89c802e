"""Claiming: deliveries that are due become this process's to send, with their attempts and bodies.

On PostgreSQL that is one statement, which is a transaction of its own (`Store.write_one`): a batch
is claimed by one way to the server and back. On SQLite, where no way is long, it is three.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.store.deliveries import attempts, delivery_statements, transitions
from hub.store.deliveries.transitions import Claimed
from hub.store.engine.store import Tx
from hub.store.schema.tables import Instant, journal
from hub.store.schema.tables import attempts as attempts_table
from hub.store.statements.compiled import Compiled


def _claim_and_start() -> sa.Select[Any]:
    claimed = delivery_statements.claiming().cte("claimed")
    now = sa.bindparam("now", type_=Instant)
    calls = sa.select(claimed.c.id, claimed.c.attempts, sa.literal_column("'send'"), now)
    names = ["delivery_id", "number", "kind", "started_at"]
    started = sa.insert(attempts_table).from_select(names, calls).cte("started")
    # A subquery, not a join: no plan can begin with the journal.
    body = sa.select(journal.c.body).where(journal.c.id == claimed.c.message_id)
    return sa.select(claimed, body.scalar_subquery().label("body")).add_cte(started)


_CLAIM_AND_START = Compiled(_claim_and_start())


def claim_and_start(
    tx: Tx, ids: Sequence[int], destination: str, *, now: datetime, lease_until: datetime
) -> list[Claimed]:
    """Move deliveries that are due to `sending` and record that their calls are about to be made.

    Others among `ids` are left out: they are not due, not open, or replaced by something newer (see
    `deliveries.supersede_overtaken`).
    """
    if tx.dialect.name == "sqlite":
        claimed = transitions.claim(tx, ids, destination, now=now, lease_until=lease_until)
        attempts.start(tx, [(claim.id, claim.attempts) for claim in claimed], now=now)
        return claimed
    values = {"ids": ids, "to": destination, "now": now, "until": lease_until}
    rows = _CLAIM_AND_START.all(tx, values)
    return [Claimed(*row) for row in sorted(rows)]
