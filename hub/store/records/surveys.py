"""Satisfaction slips (phiếu khảo sát): stored once each, read for the tally."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from hub.messages.payloads import SurveySubmitted
from hub.store.engine.store import Tx, insert_for
from hub.store.schema.tables.records import surveys
from hub.store.statements.compiled import Compiled, columns_of

_ADD = Compiled(
    lambda it: insert_for(it, surveys).on_conflict_do_nothing(), columns=columns_of(surveys)
)


def add(tx: Tx, slip: SurveySubmitted) -> bool:
    """Store a satisfaction slip; tell whether it is new."""
    values = {
        "slip": slip.slip,
        "number": slip.number,
        "scores": msgspec.json.encode(slip.scores),
        "submitted_at": slip.submitted_at,
    }
    return _ADD.run(tx, values) == 1


def all_scores(tx: Tx) -> Sequence[dict[str, int]]:
    """Return the scores of every slip."""
    rows = tx.execute(sa.select(surveys.c.scores)).scalars()
    return [msgspec.json.decode(row, type=dict[str, int]) for row in rows]
