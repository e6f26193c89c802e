"""Hand-overs: the evidence of what went to a partner and came from it, chained row by row.

One row for every call and every callback, and for what a person recorded by hand: the hashes of
what was said, when, the partner's receipt (their acknowledgement) and when we wrote it down (ours).
No personal data: hashes prove a content that stands elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.evidence import chain
from hub.store.schema.tables.exchange import handovers

OUT, IN = "out", "in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One hand-over; hashes are sha256, "" where there was nothing to hash."""

    delivery_id: int | None
    """None for what came in."""
    attempt: int
    partner: str
    operation: str
    """The partner's name of the operation, the message type, or what a person did."""
    number: str
    """The dossier number, "" where it concerns none."""
    direction: str
    kind: str
    """`send`, `find`, `person` or `callback`."""
    request_hash: str
    response_hash: str
    sent_at: datetime | None
    answered_at: datetime
    receipt: str
    """What the partner gave as its acknowledgement, "" without one."""
    recorded_at: datetime
    """Our acknowledgement: when it was written down."""
    outcome: str
    code: str = ""


def without_call(
    delivery_id: int,
    *,
    partner: str,
    number: str,
    operation: str,
    kind: str,
    outcome: str,
    now: datetime,
    attempt: int = 0,
    receipt: str = "",
    response_hash: str = "",
) -> Handover:
    """Return the evidence of what was settled without sending anything: nothing of ours is hashed.

    By a person (`kind` is `person`), or by what the partner answered before (`find`).
    """
    return Handover(
        delivery_id=delivery_id,
        attempt=attempt,
        partner=partner,
        operation=operation,
        number=number,
        direction=OUT,
        kind=kind,
        request_hash="",
        response_hash=response_hash,
        sent_at=None,
        answered_at=now,
        receipt=receipt,
        recorded_at=now,
        outcome=outcome,
    )


_values = attrgetter(*chain.HANDOVERS.columns)


def record(tx: Tx, made: Sequence[Handover]) -> None:
    """Append hand-overs, in order; comes last in a transaction (see `chain.append`)."""
    chain.append(tx, chain.HANDOVERS, [_values(one) for one in made])


def of_dossier(tx: Tx, number: str) -> Sequence[sa.Row[Any]]:
    """Return the hand-overs of a dossier, oldest first."""
    query = sa.select(handovers).where(handovers.c.number == number)
    return tx.execute(query.order_by(handovers.c.seq)).all()
