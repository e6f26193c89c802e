"""What a person does about incidents: acknowledge one, silence a rule for a while. Audited.

An acknowledgement stops reminders and escalation until a time; the incident goes on and its end is
told. A second person who acknowledges meanwhile learns who was first.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from hub.operations.alerts.words import at
from hub.operations.signed_by import SignedBy
from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.notifying import Silence
from hub.store.alerts import incidents, silences
from hub.store.alerts.incidents import IncidentEvent
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.texts import Explained, both

LONGEST = timedelta(days=30)


class AlertNotDone(Explained):
    """The act was refused and nothing changed; `text` says why."""


def acknowledge(
    store: Store, number: int, *, until: datetime, by: SignedBy, instead_of: str = ""
) -> Incident:
    """Say that a person sees to an incident until a time. Raises AlertNotDone.

    `instead_of`: who has acknowledged it before, as the person has seen it; "" for nobody.
    """
    now = by["now"]
    _check_until(until, now)
    with store.write() as tx:
        known = _open(tx, number)
        holder = known.acknowledged_by if known.is_acknowledged(now) else ""
        if holder not in (instead_of, by["actor"]):
            since = at(known.acknowledged_at or now)
            raise AlertNotDone(both("alerts.changed", number=number, who=holder, at=since))
        found = replace(
            known,
            acknowledged_at=now,
            acknowledged_by=by["actor"],
            acknowledged_until=until,
            acknowledged_why=by["reason"],
        )
        incidents.save(tx, found)
        detail = f"{by['actor']}, {at(until)}"
        event = IncidentEvent(at=now, what="acknowledged", value=found.value, detail=detail)
        incidents.record(tx, number, event)
        audit.record(tx, action="alert.acknowledge", object=str(number), **by)
    return found


def silence(store: Store, wanted: Silence, *, rules: Collection[str], by: SignedBy) -> int:
    """Tell nothing of a rule until a time; return the number of the silence. Raises AlertNotDone.

    `rules`: the names that there are.
    """
    _check_until(wanted.until, by["now"])
    if not any(fnmatchcase(name, wanted.rule) for name in rules):
        allowed = ", ".join(rules)
        raise AlertNotDone(both("alerts.no_rule", rule=repr(wanted.rule), allowed=allowed))
    with store.write() as tx:
        number = silences.add(tx, wanted, **by)
        about = f"{number} {wanted.rule} {wanted.subject}"
        audit.record(tx, action="alert.silence", object=about, **by)
    return number


def end_silence(store: Store, number: int, *, by: SignedBy) -> None:
    """Tell of everything again. Raises AlertNotDone."""
    with store.write() as tx:
        if not silences.end(tx, number, now=by["now"]):
            raise AlertNotDone(both("alerts.no_silence", number=number))
        audit.record(tx, action="alert.silence_ended", object=str(number), **by)


def _check_until(until: datetime, now: datetime) -> None:
    if not now < until <= now + LONGEST:
        raise AlertNotDone(both("alerts.until_past", most=LONGEST.days))


def _open(tx: Tx, number: int) -> Incident:
    known = incidents.get(tx, number, lock=True)
    if known is None:
        raise AlertNotDone(both("alerts.not_found", number=number))
    if known.ended_at is not None:
        raise AlertNotDone(both("alerts.is_over", number=number, at=at(known.ended_at)))
    return known
