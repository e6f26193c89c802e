"""The audit: who did what and why, append-only, each row hashed together with the one before.

Changing or removing a row breaks the chain at that place, and `verify` names it.
"""

import hashlib
from datetime import UTC, datetime

import sqlalchemy as sa

from hub.store.engine import Tx
from hub.store.tables import audit


def _digest(previous: str, at: datetime, *fields: str) -> str:
    text = "\x1f".join((previous, at.astimezone(UTC).isoformat(timespec="microseconds"), *fields))
    return hashlib.sha256(text.encode()).hexdigest()


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
    if tx.dialect.name == "postgresql":  # one appender at a time, or the chain forks
        tx.execute(sa.text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))
    last = sa.select(audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    previous = tx.execute(last).scalar_one_or_none() or ""
    values = {
        "at": now,
        "actor": actor,
        "action": action,
        "object": object,
        "reason": reason,
        "allowed": allowed,
        "previous_hash": previous,
        "hash": _digest(previous, now, actor, action, object, reason, str(allowed)),
    }
    tx.execute(sa.insert(audit), values)


def verify(tx: Tx) -> tuple[int, list[str]]:
    """Return the number of rows and what is wrong with the chain (nothing, when it is whole)."""
    problems: list[str] = []
    previous, expected, count = "", 1, 0
    for row in tx.execute(sa.select(audit).order_by(audit.c.seq)):
        count += 1
        if row.seq != expected:
            problems.append(f"row {expected} is missing")
        expected = row.seq + 1
        fields = (row.actor, row.action, row.object, row.reason, str(row.allowed))
        if row.previous_hash != previous or row.hash != _digest(previous, row.at, *fields):
            problems.append(f"row {row.seq} does not follow from the one before")
        previous = row.hash
    return count, problems
