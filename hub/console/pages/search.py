"""The search: one box for any number, and lists of deliveries by filters, as a table or as CSV.

The box takes names, too: see `name_search`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from hub.console import spreadsheet
from hub.console.frame.addresses import Cursor
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand_some
from hub.console.links import delivery, dossier, search_of, selection
from hub.console.parts import Parts
from hub.messages.catalog import CATALOG
from hub.operations.failures.assigning import thing_of
from hub.rules.deliveries.selection import Selection
from hub.rules.deliveries.states import DeliveryState
from hub.rules.names import is_name
from hub.rules.users.rights import Right
from hub.rules.users.scope import Thing
from hub.rules.users.visitor import Visitor
from hub.store.console import finding, listing
from hub.store.console.finding import Hit
from hub.store.console.listing import Filters
from hub.store.engine.store import Tx
from hub.store.records import dossiers
from hub.store.records.dossiers import Dossier
from hub.store.repair.replays import MOST
from hub.texts import both

LONGEST = 200
Word = Annotated[str, Query(max_length=LONGEST, pattern=r"^[^\x00]*$")]
"""Without U+0000, which no text of PostgreSQL can hold."""
FIELDS = ("q", "state", "partner", "operation", "fault", "older_h", "due_h")

MOST_ROWS = 50_000
"""Rows of one CSV file."""

NAMES_NEED = (Right.BODY, Right.UNMASK)
"""The rights of who may search by an applicant's name."""


class Criteria:
    """What an address asks for; FastAPI fills it in and refuses what does not fit."""

    def __init__(
        self,
        q: Word = "",
        state: Word = "",
        partner: Word = "",
        operation: Word = "",
        fault: Word = "",
        older_h: Annotated[str, Query(pattern=r"^\d{0,6}$")] = "",
        due_h: Annotated[str, Query(pattern=r"^\d{0,6}$")] = "",
        before: Cursor = None,
    ) -> None:
        self.words = {
            "q": q.strip(),
            "state": state if state in set(DeliveryState) else "",
            "partner": partner,
            "operation": operation,
            "fault": fault,
            "older_h": older_h,
            "due_h": due_h,
        }
        self.before = before

    def filters(self, now: datetime) -> Filters:
        """Return the filters at a moment."""
        older, due = self.words["older_h"], self.words["due_h"]
        return Filters(
            state=self.words["state"],
            partner=self.words["partner"],
            operation=self.words["operation"],
            fault=self.words["fault"],
            opened_before=now - timedelta(hours=int(older)) if older else None,
            due_before=now + timedelta(hours=int(due)) if due else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedNames:
    """What the page says where a name was typed into the box; `name_search` finds them."""

    wanted: str
    may: bool
    """Whether the visitor may search for names."""
    found: Sequence[Dossier] | None = None
    """None before a reason was given."""
    more: str = ""
    """The cursor of the next page, "" at the end."""
    reason: str = ""


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page and its CSV."""

    @app.get("/search")
    def page(
        request: Request,
        criteria: Annotated[Criteria, Depends()],
        who: Who,
    ) -> Response:
        now = parts.clock()
        hits = find(parts, who, criteria.words["q"])
        if len({(hit.dossier, hit.delivery) for hit in hits}) == 1:
            return RedirectResponse(place_of(hits[0]), status_code=303)
        return render(request, search(parts, who, criteria, hits, now=now), who, now=now)

    @app.get("/search.csv")
    def as_csv(criteria: Annotated[Criteria, Depends()], who: Who) -> Response:
        demand_some(who, Right.METADATA)
        name = f"deliveries-{parts.clock():%Y%m%d-%H%M}.csv"
        return StreamingResponse(
            csv_lines(parts, who, criteria.filters(parts.clock())),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def search(
    parts: Parts, who: Visitor, criteria: Criteria, hits: list[Hit], *, now: datetime
) -> PageView:
    """Return the page: what the box found, the filters, and the deliveries that match them."""
    demand_some(who, Right.METADATA)
    wanted = criteria.words["q"]
    names = names_of(who, wanted) if is_name(wanted) and not hits else None
    with parts.store.read() as tx:
        filters = criteria.filters(now)
        found = listing.page(tx, filters, who.scope, before=criteria.before)
        count = listing.count_open(tx, filters, who.scope, most=MOST) if filters.not_final else 0
        last = listing.highest(tx)
    more = search_of(criteria.words | {"before": str(found.next)}) if found.next else ""
    return PageView(
        template="search.html",
        title=both("console.nav_search"),
        values={
            **form_values(parts, criteria),
            "count": count,
            "most": MOST,
            "all_of_them": _all_of_them(who, filters, last) if count else "",
            "hits": hits,
            "has_list": True,
            "not_found": bool(wanted) and not hits and names is None,
            "names": names,
            "page_of": found,
            "more": more,
            "as_csv": search_of(criteria.words).replace("/search", "/search.csv", 1),
            "delivery": delivery,
            "place_of": place_of,
        },
    )


def form_values(parts: Parts, criteria: Criteria) -> Mapping[str, object]:
    """Return what the box and its filters are made of, and what every list of dossiers needs."""
    return {
        "asked": criteria.words,
        "states": [str(state) for state in DeliveryState],
        "partners": parts.destinations,
        "operations": sorted({it.name for it in CATALOG if it.reader in parts.destinations}),
        "dossier": dossier,
    }


def names_of(who: Visitor, wanted: str) -> SearchedNames:
    """Return what is said of a name before it was searched for."""
    may = all(right in who.rights for right in NAMES_NEED)
    return SearchedNames(wanted=wanted, may=may)


def _all_of_them(who: Visitor, filters: Filters, last: int) -> str:
    """Return the page of what the filters find now; "" where that is beyond the visitor's scope."""
    found = Selection(
        state=filters.state,
        partner=filters.partner,
        operation=filters.operation,
        fault=filters.fault,
        opened_before=filters.opened_before,
        due_before=filters.due_before,
        up_to=last,
    )
    return selection(found) if who.may(Right.METADATA, thing_of(found)) else ""


def find(parts: Parts, who: Visitor, wanted: str) -> list[Hit]:
    """Return what has a number and may be seen."""
    demand_some(who, Right.METADATA)
    with parts.store.read() as tx:
        return [hit for hit in finding.find(tx, wanted) if _may_see(tx, who, hit)]


def _may_see(tx: Tx, who: Visitor, hit: Hit) -> bool:
    if who.scope.everything:
        return True
    of = dossiers.get(tx, hit.dossier, lock=False) if hit.dossier else None
    partners = finding.partners_of(tx, hit)
    return who.may(Right.METADATA, Thing(sector=of.sector if of else "", partners=partners))


def place_of(hit: Hit) -> str:
    """Return the page of what was found: the dossier's, or that of a delivery without one."""
    if hit.dossier:
        return dossier(hit.dossier)
    return delivery(hit.delivery or 0)


_COLUMNS = (
    *("id", "lane", "destination", "type", "state", "attempts", "code", "partner_code"),
    *("reference", "created_at", "ended_at", "next_attempt_at", "deadline"),
)


def csv_lines(parts: Parts, who: Visitor, filters: Filters) -> Iterator[str]:
    """Yield the lines of the CSV, page by page, so that no view of the store is held long."""
    yield spreadsheet.MARK + spreadsheet.line(_COLUMNS)
    before: int | None = None
    written = 0
    while written < MOST_ROWS:
        # The first rows come at once, what follows in larger pieces.
        with parts.store.read() as tx:
            limit = 1000 if written else listing.PAGE
            found = listing.page(tx, filters, who.scope, before=before, limit=limit)
        rows = ([getattr(row, name) for name in _COLUMNS] for row in found.rows)
        yield "".join(map(spreadsheet.line, rows))
        written += len(found.rows)
        before = found.next
        if before is None:
            return
