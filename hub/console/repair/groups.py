"""The groups of failures: a page for all, one for each with its notes, one for each fault code."""

from dataclasses import replace
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from hub.console.charts import chart
from hub.console.forms import filled
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand_some, signed_by
from hub.console.links import failure_group, fault, search_of, selection
from hub.console.parts import Parts
from hub.console.repair.selected import acted_on, seen, selection_of
from hub.console.repair.selections import selection_page
from hub.console.sign_in.forms import Form
from hub.operations.failures.assigning import NoteRefused, add_note, assignable, thing_of
from hub.operations.failures.groups import SPANS, FailureGroup, failure_groups, one_group
from hub.operations.overview.items import explanation
from hub.rules.deliveries.selection import Selection
from hub.rules.deliveries.states import DeliveryState
from hub.rules.failures.errors import FAULTS
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.console import listing
from hub.store.engine.store import Tx
from hub.store.repair import selection_notes
from hub.store.users import accounts
from hub.texts import Text, both

Span = Literal["hour", "day", "week"]
KEEP = "-"
"""Value of the field of the assignee where the assignment stays as it is."""


def install(app: FastAPI, parts: Parts) -> None:
    """Add the pages and what they act."""
    pages = _Groups(parts)
    app.add_api_route("/failures", pages.all, methods=["GET"])
    app.add_api_route("/failures/group", pages.one, methods=["GET"])
    app.add_api_route("/failures/notes", pages.annotate, methods=["POST"])
    app.add_api_route("/faults/{code}", pages.fault, methods=["GET"])


class _Groups:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def all(self, request: Request, who: Who, span: Span = "day") -> Response:
        demand_some(who, Right.METADATA)
        now = self._parts.clock()
        with self._parts.store.read() as tx:
            found = failure_groups(tx, who.scope, span=span, now=now)
            mine = _assigned_to(tx, who)
            names = _names(tx)
        page = PageView(
            template="repair/failures.html",
            title=both("failure_pages.title"),
            values={
                "groups": found,
                "charts": {it.selection.key: self._chart(it, span) for it in found},
                "mine": mine,
                "names": names,
                **_LINKS,
                **_spans(span),
            },
        )
        return render(request, page, who, now=now)

    def one(self, request: Request, who: Who, span: Span = "day") -> Response:
        wanted = seen(who, selection_of(request.query_params))
        if not wanted.is_group:
            raise NotHere
        return self._group_page(request, who, wanted, span=span)

    def annotate(self, request: Request, who: Who, form: Form) -> Response:
        """Keep a note, or assign the selection; back to its page."""
        wanted = acted_on(who, selection_of(form))
        given = form.get("assignee", KEEP)
        by = signed_by(who, form.get(filled.REASON, ""), now=self._parts.clock())
        try:
            add_note(
                self._parts.store,
                wanted,
                assignee=None if given == KEEP else given,
                form=form.get(filled.ID, ""),
                by=by,
            )
        except NoteRefused as error:
            wrong, typed = error.text, by["reason"]
            if wanted.is_group:
                return self._group_page(request, who, wanted, wrong=wrong, typed=typed)
            return selection_page(request, self._parts, who, wanted, wrong=wrong, typed=typed)
        back = failure_group(wanted) if wanted.is_group else selection(wanted)
        return RedirectResponse(back, status_code=303)

    def fault(self, request: Request, who: Who, code: str) -> Response:
        """The page of a fault code, as the runbook has it."""
        demand_some(who, Right.METADATA)
        found, explained = FAULTS.get(code), explanation(code)
        if found is None or explained is None:
            raise NotHere
        page = PageView(
            template="repair/fault.html",
            title=both("failure_pages.fault_title", code=code),
            values={"it": found, "explained": explained, "to_do": Text(**explained.to_do)},
        )
        return render(request, page, who, now=self._parts.clock())

    def _group_page(
        self,
        request: Request,
        who: Visitor,
        wanted: Selection,
        *,
        span: Span = "day",
        wrong: Text | None = None,
        typed: str = "",
    ) -> Response:
        now = self._parts.clock()
        with self._parts.store.read() as tx:
            found = one_group(tx, who.scope, wanted, span=span, now=now)
            notes = selection_notes.of_selection(tx, wanted.key)
            names, people = _names(tx), assignable(tx, wanted)
            last = listing.highest(tx)
        page = PageView(
            template="repair/failure_group.html",
            title=both("failure_pages.group_title"),
            values={
                "it": found,
                "chart": self._chart(found, span),
                "notes": notes,
                "names": names,
                "people": people,
                "dead": replace(wanted, state=DeliveryState.DEAD.value, up_to=last),
                "may_act": who.may(Right.ACT, thing_of(wanted)),
                "wrong": wrong,
                "typed": typed,
                **_LINKS,
                **_spans(span),
            },
            status=200 if wrong is None else 422,
        )
        return render(request, page, who, now=now)

    def _chart(self, group: FailureGroup, span: str) -> Any:
        now = self._parts.clock()
        points = [(at, float(count)) for at, count in group.trend]
        return chart([*points, (now, float(group.count))], start=now - SPANS[span].length, end=now)


def _names(tx: Tx) -> dict[str, str]:
    return {it.user.name: it.user.full_name for it in accounts.all_of(tx)}


def _assigned_to(tx: Tx, who: Visitor) -> list[Selection]:
    """Return what is assigned to the visitor."""
    found = selection_notes.assignments(tx)
    return [Selection.of_key(key) for key, it in found.items() if it.assignee == who.name]


def _spans(span: str) -> dict[str, Any]:
    return {"span": span, "spans": list(SPANS)}


_LINKS = {
    "failure_group": failure_group,
    "fault_page": fault,
    "selection_page": selection,
    "search_of": search_of,
}
