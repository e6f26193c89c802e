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
NONE = 0
"""The number of the silence that a person saw where there was none."""


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
        if holder and holder not in (instead_of, by["actor"]):
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
        audit.record(tx, action="alert.acknowledge", object=incident_object(number), **by)
    return found


def silence(
    store: Store,
    wanted: Silence,
    *,
    rules: Collection[str],
    by: SignedBy,
    expected: int | None = None,
) -> int:
    """Tell nothing of a rule until a time; return the number of the silence. Raises AlertNotDone.

    `rules`: the names that there are. `expected`: the silence of the same rule and subject that the
    person saw, `NONE` for none; it is replaced. None: whatever there is stays beside the new one.
    """
    _check_until(wanted.until, by["now"])
    if not any(fnmatchcase(name, wanted.rule) for name in rules):
        allowed = ", ".join(rules)
        raise AlertNotDone(both("alerts.no_rule", rule=repr(wanted.rule), allowed=allowed))
    with store.write() as tx:
        if expected is not None:
            _replace(tx, wanted, expected, by["now"])
        number = silences.add(tx, wanted, **by)
        audit.record(tx, action="alert.silence", object=silence_object(number, wanted), **by)
    return number


def _replace(tx: Tx, wanted: Silence, expected: int, now: datetime) -> None:
    """End the silence that the new one replaces; raises AlertNotDone for one that nobody saw."""
    silences.lock(tx)
    there = silences.like(tx, wanted, now=now)
    if there is None:
        return
    if there.number != expected:
        about = {"rule": there.rule, "subject": there.subject, "until": at(there.until)}
        who = {"who": there.made_by, "reason": there.reason}
        raise AlertNotDone(both("alerts.silenced_by", **about, **who))
    silences.end(tx, there.number, now=now)


def end_silence(store: Store, number: int, *, by: SignedBy) -> None:
    """Tell of everything again. Raises AlertNotDone."""
    with store.write() as tx:
        holding = silences.holding(tx, now=by["now"])
        there = next((it for it in holding if it.number == number), None)
        if there is None or not silences.end(tx, number, now=by["now"]):
            raise AlertNotDone(both("alerts.no_silence", number=number))
        object = silence_object(number, there.silence)
        audit.record(tx, action="alert.silence_ended", object=object, **by)


def incident_object(number: int) -> str:
    """Return what the audit calls an incident."""
    return f"incident {number}"


def silence_object(number: int, silence: Silence) -> str:
    """Return what the audit calls a silence."""
    return f"silence {number} {silence.rule} {silence.subject}"


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
