"""The incidents: those that are open, what is silenced, those that ended; and a page for each.

An incident's page says what is wrong since when, what to do, who was told by which channel and
when, and all that happened. The visitor sees what the own scope reaches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.console.forms.filled import HOURS
from hub.console.frame.addresses import Cursor, number_of_address
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand_some
from hub.console.links import incident, signal
from hub.console.live import Freshness, FreshPages, add_stream, add_streams, number_in_path
from hub.console.parts import Parts
from hub.operations.alerts import words
from hub.operations.alerts.subjects import partners_in, thing_of
from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.plan import AlertPlan
from hub.rules.alerts.signals import SIGNALS
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.alerts import incidents, messages, silences
from hub.store.alerts.incidents import IncidentEvent
from hub.store.alerts.messages import KeptMessage
from hub.store.engine.store import Tx
from hub.texts import both

PAGE = 100


def install(app: FastAPI, parts: Parts) -> None:
    """Add the pages, and the streams that keep them fresh."""
    fresh = FreshPages(parts)

    @app.get("/incidents")
    def every(request: Request, who: Who, before: Cursor = None) -> Response:
        now = parts.clock()
        return render(request, all_incidents(parts, who, now, before=before), who, now=now)

    @app.get("/incidents/{number}")
    def one(request: Request, who: Who, number: int) -> Response:
        now = parts.clock()
        return render(request, one_incident(parts, who, now, number=number), who, now=now)

    def freshness(request: Request) -> Freshness:
        number = number_in_path(request)
        return fresh.of(number, partial(one_incident, number=number))

    add_stream(app, "/live/incidents", all_incidents, parts=parts)
    add_streams(app, "/live/incidents/{number}", freshness, parts=parts)


def all_incidents(
    parts: Parts, who: Visitor, now: datetime, *, before: int | None = None
) -> PageView:
    """Return the page of all incidents. Raises MayNot and NotHere."""
    demand_some(who, Right.METADATA)
    with parts.store.read() as tx:
        partners = partners_in(who.scope)
        found = incidents.listing(tx, partners=partners)
        last = seen(tx, who, before) if before else None
        if last is not None and last.ended_at is None:
            raise NotHere
        ended = incidents.listing(tx, partners=partners, ended=True, before=last, limit=PAGE)
        silent = silences.holding(tx, now=now)
    return PageView(
        template="alerts/incidents.html",
        main="alerts/incidents_main.html",
        title=both("console.nav_incidents"),
        values={
            "found": found,
            "outside": outside_of(parts, who),
            "ended": ended,
            "older": f"/incidents?before={ended[-1].number}" if len(ended) == PAGE else "",
            "silences": silent if who.scope.everything else [],
            "rules": [rule.name for rule in parts.alerts.rules],
            "may_act": who.may(Right.ACT),
            "hours": HOURS,
            **WORDS,
        },
    )


def one_incident(parts: Parts, who: Visitor, now: datetime, *, number: int) -> PageView:
    """Return the page of an incident. Raises NotHere."""
    with parts.store.read() as tx:
        it = seen(tx, who, number)
        happened = incidents.events_of(tx, number)
        sent = messages.of_incident(tx, number, since=it.first_seen_at)
        silent = [one for one in silences.holding(tx, now=now) if one.silence.covers(it, now)]
    mine = [one.number for one in silent if (one.rule, one.subject) == (it.rule, it.subject)]
    return PageView(
        template="alerts/incident.html",
        main="alerts/incident_main.html",
        title=both("alert_pages.incident_title", number=number),
        thing=thing_of(it),
        values={
            "it": it,
            "value": words.value_of,
            "happened": happened,
            "notifications": _notifications(parts.alerts, sent, happened),
            "silences": silent,
            "silence": max(mine, default=0),
            "to_do": words.to_do(it),
            "console_page": _page_of(it),
            "runbook": parts.alerts.runbook,
            "may_act": it.ended_at is None and who.may(Right.ACT, thing_of(it)),
            "hours": HOURS,
            **WORDS,
        },
    )


def outside_of(parts: Parts, who: Visitor) -> Sequence[Incident]:
    """Return the incidents that no database keeps: the machine's, which only a full scope sees."""
    return parts.kept_outside() if who.scope.everything else ()


def seen(tx: Tx, who: Visitor, number: int) -> Incident:
    """Return an incident that the visitor may know of. Raises NotHere."""
    found = incidents.get(tx, number_of_address(number))
    if found is None or not who.may(Right.METADATA, thing_of(found)):
        raise NotHere
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message about an incident: to whom, by which channel, when, and whether it went out."""

    at: datetime
    channel: str
    person: str
    """In words, "" where the file of alerts does not say."""
    what: str
    """As events are named, "" where nothing is known."""
    sent_at: datetime | None
    waits: bool
    code: str


def _notifications(
    plan: AlertPlan, sent: Sequence[KeptMessage], happened: Sequence[IncidentEvent]
) -> list[Notification]:
    persons = {it.name: it.person for it in plan.channels}
    what = {(it.at, it.detail): it.what for it in happened}
    return [
        Notification(
            at=it.made_at,
            channel=it.channel,
            person=persons.get(it.channel, ""),
            what=what.get((it.made_at, it.channel), ""),
            sent_at=it.sent_at,
            waits=it.next_attempt_at is not None,
            code=it.code,
        )
        for it in sent
    ]


def _page_of(it: Incident) -> str:
    """Return the console's page that shows more, "" for none."""
    page = SIGNALS[it.signal].page.format(subject=it.subject)
    return "" if page == "/" else page


WORDS = {
    "what": words.what,
    "who": words.who,
    "incident": incident,
    "signal": signal,
    "words": words,
}
"""What the templates of incidents call."""
