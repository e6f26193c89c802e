"""The forms of incidents: take one until a time, silence a rule until a time, end a silence.

Each carries what the person saw: who had taken the incident, which silence there was. What another
person changed meanwhile is answered with 409 and who changed it.
"""

from datetime import datetime

from fastapi import FastAPI
from fastapi.responses import Response

from hub.console.alerts.incidents import all_incidents, one_incident, seen
from hub.console.forms.acting import Act, Posted, PostedForm, act
from hub.console.forms.filled import Filled, end_of_hours
from hub.console.frame.visitor import demand
from hub.console.links import incident
from hub.console.parts import Parts
from hub.operations.alerts import acting, words
from hub.operations.alerts.subjects import thing_of
from hub.operations.signed_by import SignedBy
from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.notifying import Silence
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.alerts import incidents, silences
from hub.store.alerts.silences import KeptSilence
from hub.store.console import happened
from hub.store.console.happened import Happened
from hub.store.engine.store import Tx
from hub.texts import Text, both

EVERY = "*"


def install(app: FastAPI, parts: Parts) -> None:
    """Add where the forms go to."""
    forms = _Forms(parts)
    app.add_api_route("/incidents/silences", forms.silence_rule, methods=["POST"])
    app.add_api_route("/incidents/silences/{number}/end", forms.end, methods=["POST"])
    app.add_api_route("/incidents/{number}/acknowledge", forms.acknowledge, methods=["POST"])
    app.add_api_route("/incidents/{number}/silence", forms.silence_one, methods=["POST"])


class _Forms:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def acknowledge(self, number: int, posted: Posted) -> Response:
        """Take an incident until a time: no reminders and no escalation before."""

        def do(sent: Filled, by: SignedBy) -> Text:
            self._require_to_act(posted.who, number)
            until, before = end_of_hours(sent, by["now"]), sent.get("holder")
            acting.acknowledge(self._parts.store, number, until=until, by=by, instead_of=before)
            return both("alert_pages.taken", number=number, until=words.at(until))

        return self._of_incident(posted, number, do)

    def silence_one(self, number: int, posted: Posted) -> Response:
        """Tell nothing of an incident's rule and subject until a time."""

        def do(sent: Filled, by: SignedBy) -> Text:
            it = self._require_to_act(posted.who, number)
            wanted = Silence(rule=it.rule, subject=it.subject, until=end_of_hours(sent, by["now"]))
            return self._silence(wanted, by, expected=_number(sent.get("silence")))

        return self._of_incident(posted, number, do)

    def silence_rule(self, posted: Posted) -> Response:
        """Tell nothing of a rule until a time, for one subject or for all."""

        def do(sent: Filled, by: SignedBy) -> Text:
            demand(posted.who, Right.ACT)
            subject = sent.get("subject") or EVERY
            wanted = Silence(
                rule=sent.get("rule"), subject=subject, until=end_of_hours(sent, by["now"])
            )
            expected = _number(sent.get(f"silence:{wanted.rule}:{wanted.subject}"))
            return self._silence(wanted, by, expected=expected)

        return self._of_all(posted, do)

    def end(self, number: int, posted: Posted) -> Response:
        """Tell of everything again that a silence kept quiet."""

        def do(_sent: Filled, by: SignedBy) -> Text:
            demand(posted.who, Right.ACT)
            acting.end_silence(self._parts.store, number, by=by)
            return both("alert_pages.silence_ended", number=number)

        return self._of_all(posted, do)

    def _silence(self, wanted: Silence, by: SignedBy, *, expected: int) -> Text:
        names = [rule.name for rule in self._parts.alerts.rules]
        acting.silence(self._parts.store, wanted, rules=names, by=by, expected=expected)
        about = {"rule": wanted.rule, "subject": wanted.subject, "until": words.at(wanted.until)}
        return both("alert_pages.silenced", **about)

    def _require_to_act(self, who: Visitor, number: int) -> Incident:
        with self._parts.store.read() as tx:
            it = seen(tx, who, number)
        demand(who, Right.ACT, thing_of(it))
        return it

    def _of_incident(self, posted: PostedForm, number: int, do: Act) -> Response:
        parts = self._parts
        return act(
            posted,
            parts,
            do=do,
            page=lambda: one_incident(parts, posted.who, parts.clock(), number=number),
            leads_to=incident(number),
            happened=lambda tx, since: _to_incident(tx, since, number),
        )

    def _of_all(self, posted: PostedForm, do: Act) -> Response:
        parts = self._parts
        return act(
            posted,
            parts,
            do=do,
            page=lambda: all_incidents(parts, posted.who, parts.clock()),
            leads_to="/incidents",
            happened=lambda tx, since: _to_silences(tx, since, posted.who),
        )


def _to_incident(tx: Tx, since: datetime, number: int) -> list[Happened]:
    """Return what was done to an incident and to the silences that cover it, to no others."""
    known = incidents.get(tx, number) if 0 < number < 2**62 else None
    if known is None:
        return []
    held = silences.holding(tx, now=since)  # one that ended earlier was not changed since
    names = [_object_of(it) for it in held if it.silence.covers(known, since)]
    return happened.to_objects(tx, [acting.incident_object(number), *names], since=since)


def _to_silences(tx: Tx, since: datetime, who: Visitor) -> list[Happened]:
    """Return what was done to silences, for a person whom the page shows them."""
    if not who.scope.everything:
        return []
    names = [_object_of(it) for it in silences.holding(tx, now=since)]
    return happened.to_objects(tx, names, since=since)


def _object_of(it: KeptSilence) -> str:
    return acting.silence_object(it.number, it.silence)


def _number(given: str) -> int:
    """Return the silence that the person saw; none where the page had none."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else acting.NONE
