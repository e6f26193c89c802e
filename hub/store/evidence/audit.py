"""The audit: who did what and why, append-only, chained (see `hub.store.evidence.chain`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from hub.store.engine.store import Tx
from hub.store.evidence import chain, verification


class AuditRow(NamedTuple):
    """One row, in the order of the table's columns."""

    at: datetime
    actor: str
    action: str
    object: str
    reason: str
    allowed: bool


def record(
    tx: Tx,
    actor: str,
    action: str,
    *,
    object: str,
    reason: str = "",
    allowed: bool = True,
    now: datetime,
) -> None:
    """Append one row. Actions and objects hold ids, never personal data."""
    record_all(tx, [AuditRow(now, actor, action, object, reason, allowed)])


def record_all(tx: Tx, rows: Sequence[AuditRow]) -> None:
    """Append rows."""
    chain.append(tx, chain.AUDIT, rows)


def verify(tx: Tx) -> tuple[int, list[str]]:
    """Return the number of rows and what is wrong with the chain (nothing, when it is whole)."""
    verdict = verification.verify(tx, chain.AUDIT)
    return verdict.count, list(verdict.problems)
