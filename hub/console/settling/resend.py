"""The page on which a dead delivery's message is corrected, field by field, and what it proposes.

First what was typed is checked against the schema and its difference is shown; then it is proposed,
and sent when a second person approves.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from hub.console.forms.acting import act, show, view
from hub.console.forms.filled import Filled, FormRefused
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import demand, visitor
from hub.console.links import delivery
from hub.console.parts import Parts
from hub.console.settling.acts import expected
from hub.console.settling.correction import PREFIX, corrected, form_fields
from hub.console.settling.unmasking import allowing
from hub.console.sign_in.forms import fields
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
from hub.rules.users.scope import WHOLE
from hub.rules.users.visitor import Visitor
from hub.store.console import happened, history
from hub.store.console.listing import ListedDelivery
from hub.store.records import things
from hub.texts import Text, both

Who = Annotated[Visitor, Depends(visitor)]
Form = Annotated[Mapping[str, str], Depends(fields)]
PLACE = "/deliveries/{id}/correct"
UNMASKED = "unmasked"
"""The field that says that the visitor was shown personal data on this form."""


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


class _Correction:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, request: Request, id: int, who: Who) -> Response:
        page = of_correction(self._parts, who, id)
        return render(request, page, who, now=self._parts.clock())

    def unmask(self, request: Request, id: int, who: Who, form: Form) -> Response:
        page = partial(of_correction, self._parts, who, id)
        allow = allowing(self._parts, who, "delivery.unmask", str(id))
        path = place_of(id)
        return view(request, self._parts, who, form, allow=allow, page=page, path=path)

    def check(self, request: Request, id: int, who: Who, form: Form) -> Response:
        """Show what a form would change."""
        page = partial(of_correction, self._parts, who, id, form=form)

        def made() -> PageView:
            return page(changes=_checked(self._parts, who, id, form))

        path = place_of(id)
        return show(request, self._parts, who, form, made=made, page=page, path=path)

    def propose(self, request: Request, id: int, who: Who, form: Form) -> Response:
        return act(
            request,
            self._parts,
            who,
            form,
            do=lambda sent, by: _propose(self._parts, who, id, sent, by),
            page=partial(of_correction, self._parts, who, id, form=form),
            leads_to=delivery(id),
            happened=lambda tx, since: happened.to_delivery(tx, id, since=since),
        )


def of_correction(
    parts: Parts,
    who: Visitor,
    id: int,
    *,
    unmasked: bool = False,
    form: Mapping[str, str] | None = None,
    changes: tuple[Change, ...] = (),
) -> PageView:
    """Return the page. Raises NotHere and MayNot."""
    found, message = _seen(parts, who, id)
    typed = form or {}
    unmasked = unmasked or _is_unmasked(who, typed)
    with parts.store.read() as tx:
        thing = things.of_delivery(tx, id)
    state = DeliveryState(found.state)
    seen = {"state": found.state, "situation": situation(state, found.attempts, found.code)}
    return PageView(
        template="settling/correct.html",
        title=both("forms.correct_title", id=id),
        values={
            "it": found,
            "fields": form_fields(message, unmasked=unmasked),
            "typed": typed,
            "carried": {name: it for name, it in typed.items() if name.startswith(PREFIX)},
            "changes": changes,
            "unmasked": unmasked,
            "may_unmask": who.may(Right.UNMASK, thing) and not unmasked,
            "correctable": state is DeliveryState.DEAD,
            "seen": seen | ({UNMASKED: "yes"} if unmasked else {}),
            "place": place_of(id),
            "delivery": delivery,
        },
        thing=thing,
    )


def _seen(parts: Parts, who: Visitor, id: int) -> tuple[ListedDelivery, Message]:
    """Return a delivery with what it carries. Raises NotHere and MayNot."""
    with parts.store.read() as tx:
        found = history.one_delivery(tx, id) if 0 < id < 2**63 else None
        thing = things.of_delivery(tx, id) if found else WHOLE
        message = history.message_of(tx, id) if found else None
    if found is None or message is None or not who.may(Right.METADATA, thing):
        raise NotHere
    demand(who, Right.BODY, thing)
    demand(who, Right.ACT, thing)
    return found, message


def _is_unmasked(who: Visitor, form: Mapping[str, str]) -> bool:
    """Tell whether a form holds personal data: its visitor was shown it, and has the right."""
    return form.get(UNMASKED) == "yes" and Right.UNMASK in who.rights


def _payload(parts: Parts, who: Visitor, id: int, form: Mapping[str, str]) -> bytes:
    _, message = _seen(parts, who, id)
    return corrected(message, form, unmasked=_is_unmasked(who, form))


def _checked(parts: Parts, who: Visitor, id: int, form: Mapping[str, str]) -> tuple[Change, ...]:
    """Return what a form changes. Raises FormRefused and StateConflict."""
    payload = _payload(parts, who, id, form)
    try:
        return resend.correct(parts.store, id, payload, now=parts.clock()).changes
    except InvalidMessage as error:
        raise FormRefused(_invalid(error)) from None


def _propose(parts: Parts, who: Visitor, id: int, sent: Filled, by: SignedBy) -> Text:
    seen = expected(sent)
    try:
        number = deciding.propose(
            parts.store,
            ApprovalVerb.RESEND,
            id,
            expected=seen.state,
            situation=seen.situation,
            terms=_payload(parts, who, id, sent.fields),
            who=who,
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
