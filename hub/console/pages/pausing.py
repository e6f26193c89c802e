"""Pausing a partner from the page of the queues: what is paused, and the forms to do and end it.

The forms call the same operations as any other door. Each carries what the person saw: a pause that
another person changed meanwhile is answered with 409 and who changed it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from hub.console.frame.errors import Changed, NotHere, Refused
from hub.console.frame.visitor import demand, sees_partner, visitor
from hub.console.parts import Parts
from hub.console.repair.acting import signed_by
from hub.console.sign_in.forms import fields
from hub.messages.partners import PARTNERS
from hub.operations.deliveries import pausing
from hub.operations.deliveries.pausing import PauseChanged, PauseRefused
from hub.rules.users.rights import Right
from hub.rules.users.scope import Thing
from hub.rules.users.visitor import Visitor
from hub.store.deliveries import pauses
from hub.store.deliveries.pauses import PauseStanding, PersonPause
from hub.store.engine.store import Tx

HOURS = (1, 2, 4, 8, 24, 72)
"""How long a pause may be chosen to last."""

Who = Annotated[Visitor, Depends(visitor)]
Form = Annotated[Mapping[str, str], Depends(fields)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerLine:
    """What goes out to one partner now."""

    partner: str
    operations: Sequence[str]
    held: Sequence[PersonPause]
    """What persons have paused."""
    standing: Sequence[PauseStanding]
    """Everything that is paused, whatever for."""
    may_act: bool


def lines(tx: Tx, who: Visitor, *, now: datetime) -> list[PartnerLine]:
    """Return the partners that the visitor may see."""
    standing = pauses.standing(tx, now=now)
    return [
        PartnerLine(
            partner=partner,
            operations=pausing.operations_of(partner),
            held=pauses.held(tx, partner, now=now),
            standing=[it for it in standing if it.pause.destination == partner],
            may_act=who.may(Right.ACT, _thing(partner)),
        )
        for partner in PARTNERS
        if sees_partner(who, partner)
    ]


def install(app: FastAPI, parts: Parts) -> None:
    """Add what the forms act."""
    forms = _Forms(parts)
    app.add_api_route("/queues/pause", forms.pause, methods=["POST"])
    app.add_api_route("/queues/resume", forms.resume, methods=["POST"])


class _Forms:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def pause(self, who: Who, form: Form) -> Response:
        partner = _partner(who, form)
        by = signed_by(who, form.get("reason", ""), self._parts)
        try:
            pausing.pause(
                self._parts.store,
                partner,
                form.get("operation", pausing.ALL),
                until=by["now"] + timedelta(hours=_hours(form)),
                seen=_moment(form.get("seen", "")),
                by=by,
            )
        except PauseChanged as error:
            raise Changed(error.text) from None
        except PauseRefused as error:
            raise Refused(error.text) from None
        return RedirectResponse("/queues", status_code=303)

    def resume(self, who: Who, form: Form) -> Response:
        partner = _partner(who, form)
        try:
            pausing.resume(
                self._parts.store,
                partner,
                form.get("operation", pausing.ALL),
                expected=_moment(form.get("since", "")),
                by=signed_by(who, form.get("reason", ""), self._parts),
            )
        except PauseChanged as error:
            raise Changed(error.text) from None
        return RedirectResponse("/queues", status_code=303)


def _partner(who: Visitor, form: Mapping[str, str]) -> str:
    """Return the partner of a form where the visitor may act on it. Raises NotHere and MayNot."""
    partner = form.get("partner", "")
    if partner not in PARTNERS or not sees_partner(who, partner):
        raise NotHere
    demand(who, Right.ACT, _thing(partner))
    return partner


def _thing(partner: str) -> Thing:
    return Thing(partners=frozenset({partner}))


def _hours(form: Mapping[str, str]) -> int:
    chosen = form.get("hours", "")
    if chosen not in map(str, HOURS):
        raise HTTPException(422)
    return int(chosen)


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise HTTPException(422) from None
    if moment.tzinfo is None:
        raise HTTPException(422)
    return moment
