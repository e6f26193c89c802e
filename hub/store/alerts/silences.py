"""Silences: what a person does not want to be told of until a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.rules.alerts.notifying import Silence
from hub.store.engine.store import Tx
from hub.store.schema.tables.operators.alerts import alert_silences

KEPT = timedelta(days=90)
_LOCK = 5_120_022
"""Of PostgreSQL's advisory locks: the transaction in which a person changes silences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSilence:
    """A silence, and who made it why."""

    number: int
    rule: str
    subject: str
    until: datetime
    made_at: datetime
    made_by: str
    reason: str

    @property
    def silence(self) -> Silence:
        """What the rule needs of it."""
        return Silence(rule=self.rule, subject=self.subject, until=self.until)


def lock(tx: Tx) -> None:
    """Have no other transaction change silences until this one ends."""
    if tx.dialect.name == "postgresql":
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def add(tx: Tx, silence: Silence, *, actor: str, reason: str, now: datetime) -> int:
    """Store a silence; return its number."""
    values = {"rule": silence.rule, "subject": silence.subject, "until": silence.until}
    values |= {"made_at": now, "made_by": actor, "reason": reason}
    made = sa.insert(alert_silences).values(values).returning(alert_silences.c.number)
    return int(tx.execute(made).scalar_one())


def end(tx: Tx, number: int, *, now: datetime) -> bool:
    """End a silence now; False where none of that number holds."""
    mine = sa.update(alert_silences).where(
        alert_silences.c.number == number, alert_silences.c.until > now
    )
    return tx.execute(mine.values(until=now)).rowcount == 1


def holding(tx: Tx, *, now: datetime) -> list[KeptSilence]:
    """Return the silences that hold now."""
    query = sa.select(alert_silences).where(alert_silences.c.until > now)
    rows = tx.execute(query.order_by(alert_silences.c.until, alert_silences.c.number))
    return [KeptSilence(**row) for row in rows.mappings()]


def like(tx: Tx, silence: Silence, *, now: datetime) -> KeptSilence | None:
    """Return the newest silence of the same rule and subject that holds now."""
    same = [
        it
        for it in holding(tx, now=now)
        if (it.rule, it.subject) == (silence.rule, silence.subject)
    ]
    return max(same, key=lambda it: it.number, default=None)


def forget_old(tx: Tx, before: datetime) -> None:
    """Remove silences that ended before a time."""
    tx.execute(sa.delete(alert_silences).where(alert_silences.c.until < before))
