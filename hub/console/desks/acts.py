"""The forms of a desk: call the next ticket, call again, served, did not come, pass on.

Each is done once however often it is clicked, and from the state that the officer saw. Their reason
in the audit is the desk: nobody explains why the next person is called.
"""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from hub.console.desks.pages import Who, all_desks, known_desk, page_of
from hub.console.forms.acting import act
from hub.console.forms.filled import ID, Filled, FormRefused
from hub.console.frame.rendering import PageView
from hub.console.frame.visitor import demand_some
from hub.console.links import desk as desk_page
from hub.console.parts import Parts
from hub.console.sign_in.forms import fields
from hub.operations.counter import queue
from hub.operations.signed_by import SignedBy
from hub.rules.counter.tickets import DeskAct
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.texts import Text, both

Form = Annotated[Mapping[str, str], Depends(fields)]
Do = Callable[[Filled, SignedBy], Text]


def install(app: FastAPI, parts: Parts) -> None:
    """Add where the forms go to."""

    def acted(
        request: Request, who: Visitor, form: Form, do: Do, page: Callable[[], PageView], path: str
    ) -> Response:
        def allowed(sent: Filled, by: SignedBy) -> Text:
            demand_some(who, Right.ACT)
            return do(sent, by)

        return act(request, parts, who, form, do=allowed, page=page, leads_to=path)

    @app.post("/desks/{name}/next")
    def next_ticket(request: Request, name: str, who: Who, form: Form) -> Response:
        known_desk(parts, name)

        def do(_sent: Filled, by: SignedBy) -> Text:
            called = queue.call_next(parts.store, parts.counter, name, by=by)
            return both("counter.called", ticket=called.label, desk=name)

        return acted(request, who, form, do, page_of(parts, who, name), desk_page(name))

    @app.post("/desks/{name}/ticket")
    def of_ticket(request: Request, name: str, who: Who, form: Form) -> Response:
        known_desk(parts, name)

        def do(sent: Filled, by: SignedBy) -> Text:
            chosen = _act(sent.get("act"))
            ticket = queue.end_or_recall(
                parts.store,
                parts.counter,
                _number(sent.get("ticket")),
                chosen,
                calls=_number(sent.get("calls")),
                category=sent.get("category"),
                by=by,
            )
            return both(f"counter.done_{chosen.value}", ticket=ticket.label)

        return acted(request, who, form, do, page_of(parts, who, name), desk_page(name))

    @app.post("/desks")
    def issue(request: Request, who: Who, form: Form) -> Response:
        def do(sent: Filled, by: SignedBy) -> Text:
            code = sent.get("category")
            made = queue.issue(parts.store, parts.counter, code, request=sent.get(ID), by=by)
            about = {"ticket": made.label, "category": parts.counter.title(code)}
            return both("counter.issued", **about)

        def page() -> PageView:
            return all_desks(parts, who, parts.clock())

        return acted(request, who, form, do, page, "/desks")


def _act(given: str) -> DeskAct:
    if given not in set(DeskAct):
        raise FormRefused(both("forms.no_id"))
    return DeskAct(given)


def _number(given: str) -> int:
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise FormRefused(both("forms.no_id"))
    return int(given)
