"""Silences: what a person does not want to be told of until a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.rules.alerts.notifying import Silence
from hub.store.engine.store import Tx
from hub.store.schema.tables.operators.alerts import alert_silences

KEPT = timedelta(days=90)


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


def forget_old(tx: Tx, before: datetime) -> None:
    """Remove silences that ended before a time."""
    tx.execute(sa.delete(alert_silences).where(alert_silences.c.until < before))
