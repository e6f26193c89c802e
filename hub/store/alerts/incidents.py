"""Incidents as they are stored, with what happened to each. One that ended is kept for a while."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.rule import AlertSeverity
from hub.store.engine.store import Tx
from hub.store.schema.tables.operators.alerts import END_NOT_NOTIFIED, incident_events, incidents

KEPT = timedelta(days=90)
_LOCK = 5_120_021
"""Of PostgreSQL's advisory locks: the process that evaluates incidents."""
_MICROSECOND = timedelta(microseconds=1)
_DURATIONS = ("true_for", "false_for", "waited_for", "since_notified")
_NAMES = tuple(it.name for it in fields(Incident))
_READ = sa.select(*(incidents.c[name] for name in _NAMES))


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent:
    """One thing that happened to an incident."""

    at: datetime
    what: str
    value: float
    detail: str = ""
    """A person, or channels; "" where the word says all."""


def may_evaluate(tx: Tx) -> bool:
    """Tell whether this transaction is the one that evaluates; that of another process does not."""
    if tx.dialect.name == "sqlite":
        return True  # one writer at a time
    lock = sa.func.pg_try_advisory_xact_lock(_LOCK)
    return bool(tx.execute(sa.select(lock)).scalar_one())


def not_over(tx: Tx) -> list[Incident]:
    """Return what has not ended, and what has ended without having been told of."""
    waiting = sa.or_(incidents.c.ended_at.is_(None), END_NOT_NOTIFIED)
    query = _READ.where(waiting).order_by(incidents.c.number)
    return [_incident(row) for row in tx.execute(query).mappings()]


def listing(
    tx: Tx,
    *,
    partners: Collection[str] | None = None,
    ended: bool = False,
    before: Incident | None = None,
    limit: int = 200,
) -> list[Incident]:
    """Return the open incidents, the worst first; with `ended` those that are over.

    `partners`: only what is about one of these; `before`: only what ended earlier than this one,
    for the next page.
    """
    if ended:
        query = _READ.where(incidents.c.ended_at.is_not(None), incidents.c.started_at.is_not(None))
        if before is not None:
            same = incidents.c.ended_at == before.ended_at
            earlier = incidents.c.ended_at < before.ended_at
            below = sa.and_(same, incidents.c.number < before.number)
            query = query.where(sa.or_(earlier, below))
        query = query.order_by(incidents.c.ended_at.desc(), incidents.c.number.desc())
    else:
        query = _READ.where(incidents.c.ended_at.is_(None), incidents.c.started_at.is_not(None))
        query = query.order_by(incidents.c.severity, incidents.c.started_at, incidents.c.number)
    if partners is not None:
        query = query.where(sa.or_(sa.false(), *map(_is_about, sorted(partners))))
    return [_incident(row) for row in tx.execute(query.limit(limit)).mappings()]


def _is_about(partner: str) -> sa.ColumnElement[bool]:
    """Return whether the first word of a subject is the partner."""
    word = partner + " "
    return sa.func.substr(incidents.c.subject + " ", 1, len(word)) == word


def get(tx: Tx, number: int, *, lock: bool = False) -> Incident | None:
    """Return an incident that has started; with `lock` no other transaction changes it now."""
    query = _READ.where(incidents.c.number == number, incidents.c.started_at.is_not(None))
    if lock and tx.dialect.name == "postgresql":
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    row = tx.execute(query).mappings().one_or_none()
    return None if row is None else _incident(row)


def save(tx: Tx, incident: Incident) -> Incident:
    """Store an incident, a new one with the next number; return it."""
    row = _row(incident)
    if incident.number is None:
        made = sa.insert(incidents).values(row).returning(incidents.c.number)
        return replace(incident, number=tx.execute(made).scalar_one())
    tx.execute(sa.update(incidents).where(incidents.c.number == incident.number).values(row))
    return incident


def forget(tx: Tx, number: int) -> None:
    """Remove an incident that came to nothing."""
    tx.execute(sa.delete(incident_events).where(incident_events.c.incident == number))
    tx.execute(sa.delete(incidents).where(incidents.c.number == number))


def forget_old(tx: Tx, before: datetime, *, limit: int = 200) -> int:
    """Remove incidents that ended before a time; return how many."""
    old = sa.select(incidents.c.number).where(incidents.c.ended_at < before)
    found = list(tx.execute(old.order_by(incidents.c.ended_at).limit(limit)).scalars())
    if found:
        tx.execute(sa.delete(incident_events).where(incident_events.c.incident.in_(found)))
        tx.execute(sa.delete(incidents).where(incidents.c.number.in_(found)))
    return len(found)


def record(tx: Tx, number: int, event: IncidentEvent) -> None:
    """Write down what happened to an incident."""
    last = sa.select(sa.func.max(incident_events.c.place)).where(
        incident_events.c.incident == number
    )
    place = (tx.execute(last).scalar() or 0) + 1
    values = {name: getattr(event, name) for name in IncidentEvent.__slots__}
    tx.execute(sa.insert(incident_events).values(incident=number, place=place, **values))


def events_of(tx: Tx, number: int) -> list[IncidentEvent]:
    """Return what happened to an incident, in order."""
    columns = (incident_events.c[name] for name in IncidentEvent.__slots__)
    query = sa.select(*columns).where(incident_events.c.incident == number)
    query = query.order_by(incident_events.c.place)
    return [IncidentEvent(**row) for row in tx.execute(query).mappings()]


def _row(incident: Incident) -> dict[str, Any]:
    row = {name: getattr(incident, name) for name in _NAMES if name != "number"}
    row |= {name: row[name] // _MICROSECOND for name in _DURATIONS}
    row["notified"] = ",".join(incident.notified)
    row["severity"] = incident.severity.value
    row["notified_severity"] = incident.notified_severity and incident.notified_severity.value
    return row


def _incident(row: Mapping[Any, Any]) -> Incident:
    values: dict[str, Any] = dict(row)
    values |= {name: values[name] * _MICROSECOND for name in _DURATIONS}
    values["notified"] = tuple(filter(None, values["notified"].split(",")))
    values["severity"] = AlertSeverity(values["severity"])
    values["notified_severity"] = values["notified_severity"] and AlertSeverity(
        values["notified_severity"]
    )
    return Incident(**values)
