"""Pausing a partner from the page of the queues: what is paused, and the forms to do and end it.

The forms call the same operations as the command line does. Each carries what the person saw: a
pause that another person changed meanwhile is answered with 409 and who changed it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from fastapi import FastAPI
from fastapi.responses import Response

from hub.console.forms.acting import Posted, act
from hub.console.forms.filled import Filled, FormRefused, end_of_hours, moment
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView
from hub.console.frame.visitor import demand, sees_partner
from hub.console.parts import Parts
from hub.messages.local_time import LOCAL
from hub.messages.partners import PARTNERS, named
from hub.operations.deliveries import pausing
from hub.operations.signed_by import SignedBy
from hub.rules.users.rights import Right
from hub.rules.users.scope import Thing
from hub.rules.users.visitor import Visitor
from hub.store.deliveries import pauses
from hub.store.deliveries.pauses import ListedPause, PersonPause
from hub.store.engine.store import Tx
from hub.texts import Text, both, joined


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPause:
    """Operations that the hub itself has paused for the same cause."""

    operations: Sequence[str]
    reason: Text
    since: datetime
    until: datetime
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerPauses:
    """What goes out to one partner now."""

    partner: str
    operations: Sequence[str]
    by_persons: Sequence[PersonPause]
    """What persons have paused."""
    in_force: Sequence[ListedPause]
    """What comes of that, by operation."""
    by_hub: Sequence[HubPause]
    under_way: Mapping[str, int]
    """How many are being sent of what persons drain, by operation; in force long enough."""
    may_act: bool


def lines(tx: Tx, who: Visitor, *, now: datetime) -> list[PartnerPauses]:
    """Return the partners that the visitor may see."""
    listed = pauses.listed(tx, now=now)
    found = []
    for partner in PARTNERS:
        if not sees_partner(who, partner):
            continue
        mine = [it for it in listed if it.pause.destination == partner]
        by_persons = pauses.paused_by_persons(tx, partner, now=now)
        drained = [
            it.operation for it in by_persons if it.drains and now - it.since >= pausing.IN_FORCE
        ]
        line = PartnerPauses(
            partner=partner,
            operations=pausing.operations_of(partner),
            by_persons=by_persons,
            under_way={it: pauses.under_way(tx, partner, it) for it in drained},
            in_force=[it for it in mine if it.pause.kind == "person"],
            by_hub=_by_cause([it for it in mine if it.pause.kind != "person"]),
            may_act=who.may(Right.ACT, _thing(partner)),
        )
        found.append(line)
    return found


def _by_cause(listed: Sequence[ListedPause]) -> list[HubPause]:
    """Return pauses with those together that began and end for the same cause."""
    groups: dict[tuple[Text, datetime, datetime], list[ListedPause]] = {}
    for it in listed:
        reason = Text(it.pause.reason_vi, it.pause.reason_en)
        groups.setdefault((reason, it.pause.since, it.pause.until), []).append(it)
    return [
        HubPause(
            operations=[it.pause.operation for it in together],
            reason=reason,
            since=since,
            until=until,
            waiting=sum(it.waiting for it in together),
        )
        for (reason, since, until), together in groups.items()
    ]


def install(app: FastAPI, parts: Parts, page: Callable[[Visitor], PageView]) -> None:
    """Add what the forms of a page act; `page` makes it for a visitor."""

    @app.post("/queues/{partner}/{verb}")
    def acted(partner: str, verb: Literal["pause", "resume"], posted: Posted) -> Response:
        who = posted.who

        def do(sent: Filled, by: SignedBy) -> Text:
            if partner not in PARTNERS or not sees_partner(who, partner):
                raise NotHere
            demand(who, Right.ACT, _thing(partner))
            return _VERBS[verb](parts, partner, sent, by)

        return act(posted, parts, do=do, page=partial(page, who), leads_to="/queues")


def _pause(parts: Parts, partner: str, sent: Filled, by: SignedBy) -> Text:
    operation = sent.get("operation")
    shown = sent.get(f"since:{operation}")
    since = moment(shown)
    if shown and since is None:
        raise FormRefused(both("forms.no_id"))
    drains = sent.get("how") == "drain"
    ends = end_of_hours(sent, by["now"])
    pausing.pause(parts.store, partner, operation, until=ends, expected=since, drains=drains, by=by)
    return both(
        "pauses.drains" if drains else "pauses.paused",
        operation=pausing.name_of(operation),
        partner=named(partner).title,
        until=f"{ends.astimezone(LOCAL):%H:%M %d/%m/%Y}",
    )


def _resume(parts: Parts, partner: str, sent: Filled, by: SignedBy) -> Text:
    operation, since = sent.get("operation"), moment(sent.get("since"))
    if since is None:
        raise FormRefused(both("forms.no_id"))
    ended = pausing.resume(parts.store, partner, operation, expected=since, by=by)
    words = {"operation": pausing.name_of(operation), "partner": named(partner).title}
    return joined(" ", [both("pauses.resumed", **words), both("pauses.ended", present=ended)])


_VERBS = {"pause": _pause, "resume": _resume}


def _thing(partner: str) -> Thing:
    return Thing(partners=frozenset({partner}))
