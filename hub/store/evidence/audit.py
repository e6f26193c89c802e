"""The audit: who did what and why, append-only, chained (see `hub.store.evidence.chain`)."""

from datetime import datetime

from hub.store.engine.store import Tx
from hub.store.evidence import chain, verification


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
    row = (now, actor, action, object, reason, allowed)  # in the order of the table's columns
    chain.append(tx, chain.AUDIT, [row])


def verify(tx: Tx) -> tuple[int, list[str]]:
    """Return the number of rows and what is wrong with the chain (nothing, when it is whole)."""
    verdict = verification.verify(tx, chain.AUDIT)
    return verdict.count, list(verdict.problems)
