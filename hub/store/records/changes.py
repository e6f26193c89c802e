"""Writes down that a dossier changed, in the transaction that changes it.

It gets its place in the feed later, by `store/change_feed/numbering.py`.
"""

from datetime import datetime

import sqlalchemy as sa

from hub.rules.change_feed import ChangeKind
from hub.store.engine.store import Tx
from hub.store.records import batch_state
from hub.store.schema.tables.changes import unnumbered_changes
from hub.store.statements.compiled import Compiled, columns_of

_ADD = Compiled(sa.insert(unnumbered_changes), columns=columns_of(unnumbered_changes, "id"))


def add(tx: Tx, number: str, kind: ChangeKind, code: str, *, at: datetime, message_id: str) -> None:
    """Write a change down. `code`: the status, the town's step, or the procedure."""
    row = {
        "number": number,
        "kind": kind.value,
        "code": code,
        "at": at,
        "message_id": message_id,
    }
    if hand := batch_state.holding(tx, number):
        hand.changes.append(row)
        return
    _ADD.run(tx, row)


def write_at_hand(tx: Tx) -> None:
    """Write the changes at hand, in their order."""
    if hand := batch_state.of(tx):
        _ADD.run_each(tx, hand.changes)
