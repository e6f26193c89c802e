"""The two transactions of a call: deliveries that are due are claimed, those that were taken are
settled, many in one go.

On PostgreSQL each is one statement, whatever their number, and a claim is a transaction of its own
(`Store.write_one`): one way to the server and back. On SQLite, where no way is long, each is a few;
what they write is the same (`tests/contract/deliveries/test_claim_and_settle.py` compares every
column). Each delivery that is settled has to be at the attempt that was claimed, as
`transitions.check_attempt` demands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import attempts, delivery_statements, transitions
from hub.store.deliveries.transitions import Claimed, not_in_state
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import Instant, journal
from hub.store.schema.tables.exchange import attempts as attempts_table
from hub.store.statements.arrays import ARRAY_OF
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
    `superseding.supersede_overtaken`).
    """
    if tx.dialect.name == "sqlite":
        claimed = transitions.claim(tx, ids, destination, now=now, lease_until=lease_until)
        attempts.start(tx, [(claim.id, claim.attempts) for claim in claimed], now=now)
        return claimed
    values = {"ids": ids, "to": destination, "now": now, "until": lease_until}
    rows = _CLAIM_AND_START.all(tx, values)
    return [Claimed(*row) for row in sorted(rows)]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A claimed delivery that its partner has taken as it was sent; hashes as in `Finished`."""

    claimed: Claimed
    reference: str
    """The partner's, "" where it gave none."""
    at: datetime
    """When the call ended."""
    request_hash: str | None = None
    response_hash: str | None = None

    def finished(self, kind: str) -> attempts.Finished:
        """Return the end of the call, which was one of that kind."""
        return attempts.Finished(
            delivery_id=self.claimed.id,
            number=self.claimed.attempts,
            kind=kind,
            at=self.at,
            outcome="delivered",
            request_hash=self.request_hash,
            response_hash=self.response_hash,
        )


# The rows are locked in the order of their numbers, as everywhere. What belongs to a row stands in
# the arrays at the place of its number: a join with them would compare each row with each.
_SETTLE = Compiled(
    sa.text(
        f"""
WITH claimed AS MATERIALIZED (
    SELECT id FROM deliveries
    WHERE id = ANY(:ids) AND state = :from_state
    AND attempts = (CAST(:numbers AS BIGINT[]))[array_position(CAST(:ids AS BIGINT[]), id)]
    ORDER BY id FOR UPDATE
), moved AS (
    UPDATE deliveries SET state = '{S.DELIVERED}', settled_at = :now, lease_until = NULL,
    code = NULL, detail = NULL, partner_code = NULL,
    reference = (CAST(:refs AS TEXT[]))[array_position(CAST(:ids AS BIGINT[]), id)]
    WHERE id = ANY(ARRAY(SELECT id FROM claimed))
    RETURNING destination
), counted AS (
    INSERT INTO delivery_count_changes (destination, state, change)
    SELECT destination, '{S.DELIVERED}', count(*) FROM moved GROUP BY destination
), finished AS (
    UPDATE attempts SET outcome = 'delivered', (finished_at, request_hash, response_hash) = (
        SELECT (CAST(:times AS BIGINT[]))[place], (CAST(:requests AS TEXT[]))[place],
        (CAST(:responses AS TEXT[]))[place]
        FROM array_position(CAST(:ids AS BIGINT[]), attempts.delivery_id) AS place)
    WHERE delivery_id = ANY(:ids) AND kind = :kind AND finished_at IS NULL
    AND number = (CAST(:numbers AS BIGINT[]))[array_position(CAST(:ids AS BIGINT[]), delivery_id)]
)
SELECT count(*) FROM moved"""  # noqa: S608 - no input
    )
)


def settle(tx: Tx, done: Sequence[Delivered], *, from_state: S, kind: str, now: datetime) -> None:
    """Settle deliveries from `from_state`, after calls of one kind (`send` or `find`).

    Raises StateConflict where one is not at its attempt, and where a delivery comes twice. Trap:
    then the others may have been written, so the caller's transaction has to be rolled back.
    """
    if not done:
        return
    if tx.dialect.name == "sqlite":
        transitions.check_attempt(tx, [one.claimed for one in done], from_state=from_state)
        references = [(one.claimed.id, one.reference) for one in done]
        transitions.deliver(tx, references, now=now, from_state=from_state)
        attempts.finish(tx, [one.finished(kind) for one in done])
        return
    values = {
        "ids": [one.claimed.id for one in done],
        "numbers": [one.claimed.attempts for one in done],
        "refs": ARRAY_OF["TEXT"]([one.reference or None for one in done]),
        "times": ARRAY_OF["BIGINT"]([one.at for one in done]),
        "requests": ARRAY_OF["TEXT"]([one.request_hash for one in done]),
        "responses": ARRAY_OF["TEXT"]([one.response_hash for one in done]),
        "kind": kind,
        "from_state": from_state.value,
        "now": now,
    }
    moved = _SETTLE.scalars(tx, values)[0]
    if moved != len(done):
        raise not_in_state(len(done) - moved, len(done), from_state)
