"""The forms of a desk: call the next ticket, call again, served, did not come, pass on.

Each is done once however often it is clicked, and from the state that the officer saw. Their reason
in the audit is the desk: nobody explains why the next person is called.
"""

from collections.abc import Callable

from fastapi import FastAPI
from fastapi.responses import Response

from hub.console.desks.pages import all_desks, known_desk, page_of
from hub.console.forms.acting import Act, Posted, PostedForm, act
from hub.console.forms.filled import ID, Filled, FormRefused
from hub.console.frame.rendering import PageView
from hub.console.frame.visitor import demand_some
from hub.console.links import desk as desk_page
from hub.console.parts import Parts
from hub.operations.counter import queue
from hub.operations.signed_by import SignedBy
from hub.rules.counter.tickets import DeskAct
from hub.rules.users.rights import Right
from hub.texts import Text, both


def install(app: FastAPI, parts: Parts) -> None:
    """Add where the forms go to."""
    forms = _Forms(parts)
    app.add_api_route("/desks", forms.issue, methods=["POST"])
    app.add_api_route("/desks/{name}/next", forms.call_next, methods=["POST"])
    app.add_api_route("/desks/{name}/ticket", forms.end_or_recall, methods=["POST"])


class _Forms:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def issue(self, posted: Posted) -> Response:
        """Issue a ticket at the reception."""
        parts = self._parts

        def do(sent: Filled, by: SignedBy) -> Text:
            code = sent.get("category")
            made = queue.issue(parts.store, parts.counter, code, request=sent.get(ID), by=by)
            return both("counter.issued", ticket=made.label, category=parts.counter.title(code))

        def page() -> PageView:
            return all_desks(parts, posted.who, parts.clock())

        return self._acted(posted, do, page, "/desks")

    def call_next(self, name: str, posted: Posted) -> Response:
        """Call the ticket that waits longest for a desk."""
        parts, desk = self._parts, known_desk(self._parts, name)

        def do(_sent: Filled, by: SignedBy) -> Text:
            called = queue.call_next(parts.store, parts.counter, desk, by=by)
            return both("counter.called", ticket=called.label, desk=desk)

        return self._acted(posted, do, page_of(parts, posted.who, desk), desk_page(desk))

    def end_or_recall(self, name: str, posted: Posted) -> Response:
        """Do with the called ticket what the officer chose."""
        parts, desk = self._parts, known_desk(self._parts, name)

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

        return self._acted(posted, do, page_of(parts, posted.who, desk), desk_page(desk))

    def _acted(
        self, posted: PostedForm, do: Act, page: Callable[[], PageView], path: str
    ) -> Response:
        def allowed(sent: Filled, by: SignedBy) -> Text:
            demand_some(posted.who, Right.ACT)
            return do(sent, by)

        return act(posted, self._parts, do=allowed, page=page, leads_to=path)


def _act(given: str) -> DeskAct:
    if given not in set(DeskAct):
        raise FormRefused(both("forms.no_id"))
    return DeskAct(given)


def _number(given: str) -> int:
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise FormRefused(both("forms.no_id"))
    return int(given)
