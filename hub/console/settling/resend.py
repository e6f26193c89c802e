"""The page on which a dead delivery's message is corrected, field by field, and what it proposes.

First what was typed is checked against the schema and its difference is shown; then it is proposed,
and sent when a second person approves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.console.forms.acting import Posted, act, show, view
from hub.console.forms.allowing import allowing
from hub.console.forms.filled import Filled, FormRefused
from hub.console.frame.addresses import number_of_address
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand
from hub.console.links import delivery
from hub.console.parts import Parts
from hub.console.settling.acts import expected
from hub.console.settling.correction import PREFIX, corrected, form_fields
from hub.console.settling.shown_mark import Viewer
from hub.console.sign_in.forms import TOKEN
from hub.messages.envelope import Message
from hub.messages.invalid import InvalidMessage
from hub.operations.approvals import deciding
from hub.operations.deliveries import resend
from hub.operations.deliveries.resend import Change
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.states import DeliveryState, situation
from hub.rules.failures.errors import FAULTS
from hub.rules.users.approvals import ApprovalVerb
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE, Thing
from hub.rules.users.visitor import Visitor
from hub.store.console import happened, history
from hub.store.console.listing import ListedDelivery
from hub.store.records import things
from hub.texts import Text, both

PLACE = "/deliveries/{id}/correct"
UNMASKED = "unmasked"
"""The field with the mark of a form on which the visitor was shown personal data."""


def place_of(id: int) -> str:
    """Return the page on which a delivery's message is corrected."""
    return f"{delivery(id)}/correct"


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page and its forms."""
    pages = _Correction(parts)
    app.add_api_route(PLACE, pages.show, methods=["GET"])
    app.add_api_route(PLACE + "/unmask", pages.unmask, methods=["POST"])
    app.add_api_route(PLACE + "/check", pages.check, methods=["POST"])
    app.add_api_route(PLACE + "/propose", pages.propose, methods=["POST"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """Who asks, in which session, for the correction of which delivery."""

    parts: Parts
    who: Visitor
    viewer: Viewer

    @property
    def id(self) -> int:
        """Number of the delivery."""
        return self.viewer.delivery

    def was_shown(self, form: Mapping[str, str], thing: Thing) -> bool:
        """Tell whether a form holds personal data: its visitor was shown it, and has the right."""
        mark = form.get(UNMASKED, "")
        shown = self.viewer.was_shown(mark, self.parts.clock())
        return shown and self.who.may(Right.UNMASK, thing)


class _Correction:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, request: Request, id: int, who: Who) -> Response:
        page = of_correction(self._visit(request, id, who))
        return render(request, page, who, now=self._parts.clock())

    def unmask(self, id: int, posted: Posted) -> Response:
        page = partial(of_correction, self._visit(posted.request, id, posted.who))
        allow = allowing(self._parts, posted.who, "delivery.unmask", str(id))
        path = place_of(id)
        return view(posted, self._parts, allow=allow, page=page, path=path)

    def check(self, id: int, posted: Posted) -> Response:
        """Show what a form would change."""
        visit, form = self._visit(posted.request, id, posted.who), posted.fields
        page = partial(of_correction, visit, form=form)

        def made() -> PageView:
            return page(changes=_checked(visit, form))

        path = place_of(id)
        return show(posted, self._parts, made=made, page=page, path=path)

    def propose(self, id: int, posted: Posted) -> Response:
        visit = self._visit(posted.request, id, posted.who)
        return act(
            posted,
            self._parts,
            do=lambda sent, by: _propose(visit, sent, by),
            page=partial(of_correction, visit, form=posted.fields),
            leads_to=delivery(id),
            happened=lambda tx, since: happened.to_delivery(tx, id, since=since),
        )

    def _visit(self, request: Request, id: int, who: Visitor) -> _Visit:
        session = getattr(request.state, TOKEN, "")
        viewer = Viewer(session=session, user=who.name, delivery=id)
        return _Visit(parts=self._parts, who=who, viewer=viewer)


def of_correction(
    visit: _Visit,
    *,
    unmasked: bool = False,
    form: Mapping[str, str] | None = None,
    changes: tuple[Change, ...] = (),
) -> PageView:
    """Return the page; `unmasked`: for a view that was just audited. Raises NotHere and MayNot."""
    id, who, typed = visit.id, visit.who, form or {}
    found, message, thing = _seen(visit)
    mark = visit.viewer.mark(visit.parts.clock()) if unmasked else ""
    if visit.was_shown(typed, thing):
        mark = typed[UNMASKED]
    state = DeliveryState(found.state)
    seen = {"state": found.state, "situation": situation(state, found.attempts, found.code)}
    return PageView(
        template="settling/correct.html",
        title=both("forms.correct_title", id=id),
        values={
            "it": found,
            "fields": form_fields(message, unmasked=bool(mark)),
            "typed": typed,
            "carried": {name: it for name, it in typed.items() if name.startswith(PREFIX)},
            "changes": changes,
            "unmasked": bool(mark),
            "may_unmask": who.may(Right.UNMASK, thing) and not mark,
            "correctable": state is DeliveryState.DEAD,
            "seen": seen | ({UNMASKED: mark} if mark else {}),
            "place": place_of(id),
            "delivery": delivery,
        },
        thing=thing,
    )


def _seen(visit: _Visit) -> tuple[ListedDelivery, Message, Thing]:
    """Return a delivery, what it carries, and what scopes know it by. Raises NotHere and MayNot."""
    id, who = visit.id, visit.who
    with visit.parts.store.read() as tx:
        found = history.one_delivery(tx, number_of_address(id))
        thing = things.of_delivery(tx, id) if found else WHOLE
        message = history.message_of(tx, id) if found else None
    if found is None or message is None or not who.may(Right.METADATA, thing):
        raise NotHere
    demand(who, Right.BODY, thing)
    demand(who, Right.ACT, thing)
    return found, message, thing


def _payload(visit: _Visit, form: Mapping[str, str]) -> tuple[bytes, bool]:
    """Return what a form makes of the payload, and whether its visitor was shown personal data.

    Raises FormRefused, also where a form says so of a view that is over, or that never was.
    """
    _, message, thing = _seen(visit)
    unmasked = visit.was_shown(form, thing)
    if form.get(UNMASKED) and not unmasked:
        raise FormRefused(both("forms.unmasked_is_over"))
    return corrected(message, form, unmasked=unmasked), unmasked


def _checked(visit: _Visit, form: Mapping[str, str]) -> tuple[Change, ...]:
    """Return what a form changes. Raises FormRefused and StateConflict."""
    payload, unmasked = _payload(visit, form)
    store, now = visit.parts.store, visit.parts.clock()
    try:
        return resend.correct(store, visit.id, payload, now=now, unmasked=unmasked).changes
    except InvalidMessage as error:
        raise FormRefused(_invalid(error)) from None


def _propose(visit: _Visit, sent: Filled, by: SignedBy) -> Text:
    seen = expected(sent)
    try:
        number = deciding.propose(
            visit.parts.store,
            ApprovalVerb.RESEND,
            visit.id,
            expected=seen.state,
            situation=seen.situation,
            terms=_payload(visit, sent.fields)[0],
            who=visit.who,
            by=by,
        )
    except InvalidMessage as error:
        raise FormRefused(_invalid(error)) from None
    return both("approvals.proposed_on_page", number=number)


def _invalid(error: InvalidMessage) -> Text:
    """Return why a correction does not fit its type, with the field."""
    field = error.where.removeprefix("$.payload").lstrip(".") or "–"
    cause = FAULTS[error.code].text if error.code in FAULTS else Text(error.code, error.code)
    return both("forms.wrong_field", field=field, cause=cause, why=error.why)
