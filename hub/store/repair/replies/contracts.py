"""The contracts that partners serve: one row a partner, with what was read last.

The row is also the claim: the process that moves `next_at` asks, so of several timers one does.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.contracts import contracts


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptContract:
    """What is known of the contract of a partner."""

    partner: str
    next_at: datetime
    asked_at: datetime | None = None
    """When the partner was asked last."""
    outcome: str = ""
    """What came of it, of `hub.ports.Outcome`; "" before the first time."""
    why: str = ""
    address: str = ""
    fetched_at: datetime | None = None
    """When a contract was read last."""
    since: datetime | None = None
    """Since when it is as it was then."""
    fingerprint: str = ""
    reader: int = 0
    """Which reader made the fingerprint."""
    differs: int = 0
    """In how many parts it differs from the shipped one."""
    content: str = ""
    """The contract, JSON."""


def of_partner(tx: Tx, partner: str) -> KeptContract | None:
    """Return what is known of a partner's contract, None before it was asked for."""
    row = tx.execute(sa.select(contracts).where(contracts.c.partner == partner)).one_or_none()
    return None if row is None else KeptContract(**row._asdict())


def claim(tx: Tx, partner: str, *, now: datetime, until: datetime, latest: datetime) -> bool:
    """Take the next look, which is tried again at `until` when nothing comes of it; tell whether
    it was due. A time after `latest` was written by a clock that was wrong, and is due."""
    row = {
        "partner": partner,
        "next_at": until,
        "outcome": "",
        "why": "",
        "address": "",
        "fingerprint": "",
        "reader": 0,
        "differs": 0,
        "content": "",
    }
    if tx.execute(insert(tx, contracts).on_conflict_do_nothing(), row).rowcount == 1:
        return True
    due = sa.or_(contracts.c.next_at <= now, contracts.c.next_at > latest)
    statement = sa.update(contracts).where(contracts.c.partner == partner, due)
    return tx.execute(statement.values(next_at=until)).rowcount == 1


def keep(tx: Tx, kept: KeptContract) -> None:
    """Write down what is known now."""
    values = {name: getattr(kept, name) for name in KeptContract.__slots__ if name != "partner"}
    tx.execute(sa.update(contracts).where(contracts.c.partner == kept.partner).values(values))
