"""All that match a search, as one thing with an address: count, CSV, assignment, replay plan.

The address has its filters and the highest delivery number, so that it means the same deliveries
while persons decide. What moves on meanwhile leaves it, nothing enters it.
"""

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from hub.console.frame.addresses import Cursor
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who
from hub.console.links import delivery, dossier, search_of, selection
from hub.console.pages.search import csv_lines
from hub.console.parts import Parts
from hub.console.repair.selected import seen, selection_of
from hub.operations.failures.assigning import assignable, thing_of
from hub.rules.deliveries.selection import Selection
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.console import listing
from hub.store.console.listing import Filters
from hub.store.repair import selection_notes
from hub.store.repair.replays import MOST
from hub.store.users import accounts
from hub.texts import Text, both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page and its CSV."""

    @app.get("/selection")
    def page(request: Request, who: Who, before: Cursor = None) -> Response:
        if not request.query_params:
            return RedirectResponse("/search", status_code=303)  # a selection begins there
        return selection_page(request, parts, who, _wanted(request, who), before=before)

    @app.get("/selection.csv")
    def as_csv(request: Request, who: Who) -> Response:
        wanted = _wanted(request, who)
        name = f"deliveries-{parts.clock():%Y%m%d-%H%M}.csv"
        return StreamingResponse(
            csv_lines(parts, who, filters_of(wanted)),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _wanted(request: Request, who: Visitor) -> Selection:
    """Return the selection of an address: of open deliveries, and closed."""
    wanted = selection_of(request.query_params)
    if not wanted.is_open or wanted.up_to is None:
        raise HTTPException(422)
    return seen(who, wanted)


def filters_of(wanted: Selection) -> Filters:
    """Return a selection as a list knows it."""
    return Filters(
        state=wanted.state,
        partner=wanted.partner,
        operation=wanted.operation,
        fault=wanted.fault,
        opened_before=wanted.opened_before,
        due_before=wanted.due_before,
        up_to=wanted.up_to,
    )


_LINKS = {"most": MOST, "search_of": search_of, "dossier": dossier, "delivery": delivery}


def selection_page(
    request: Request,
    parts: Parts,
    who: Visitor,
    wanted: Selection,
    *,
    before: int | None = None,
    wrong: Text | None = None,
    typed: str = "",
) -> Response:
    """Return the page of a selection."""
    with parts.store.read() as tx:
        count = listing.count_open(tx, filters_of(wanted), who.scope, most=MOST)
        found = listing.page(tx, filters_of(wanted), who.scope, before=before)
        notes = selection_notes.of_selection(tx, wanted.key)
        present = selection_notes.assignments(tx, [wanted.key]).get(wanted.key)
        names = {it.user.name: it.user.full_name for it in accounts.all_of(tx)}
        people = assignable(tx, wanted)
    page = PageView(
        template="repair/selection.html",
        title=both("failure_pages.selection_title"),
        values={
            "it": wanted,
            "count": count,
            "page_of": found,
            "more": f"{selection(wanted)}&before={found.next}" if found.next else "",
            "notes": notes,
            "assignment": present,
            "names": names,
            "people": people,
            "may_act": who.may(Right.ACT, thing_of(wanted)),
            "wrong": wrong,
            "typed": typed,
            **_LINKS,
        },
        status=200 if wrong is None else 422,
    )
    return render(request, page, who, now=parts.clock())
