"""The audit, for who may read it and perhaps nothing else: newest first, by filters, and as CSV."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import Response, StreamingResponse

from hub.console import spreadsheet
from hub.console.frame.addresses import Cursor
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand
from hub.console.parts import Parts
from hub.messages.local_time import LOCAL
from hub.rules.users.rights import Right
from hub.store.console import audit_log
from hub.store.console.audit_log import AuditEntry, AuditFilters
from hub.texts import both

PLACE = "/audit"
MOST_ROWS = 50_000
"""Rows of one CSV file."""
Word = Annotated[str, Query(max_length=200)]
Day = Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


class AuditCriteria:
    """What an address looks for; FastAPI fills it in and refuses what does not fit."""

    def __init__(
        self, actor: Word = "", action: Word = "", thing: Word = "", day: Day = ""
    ) -> None:
        self.words = {
            "actor": actor.strip(),
            "action": action.strip(),
            "thing": thing.strip(),
            "day": day if _day(day) else "",
        }

    @property
    def filters(self) -> AuditFilters:
        """What is looked for; a day is one of the ward's zone."""
        start = _day(self.words["day"])
        return AuditFilters(
            actor=self.words["actor"],
            action=self.words["action"],
            thing=self.words["thing"],
            since=start,
            until=start + timedelta(days=1) if start else None,
        )

    def address(self, path: str, **more: object) -> str:
        """Return the address of these criteria."""
        given = {name: it for name, it in (self.words | more).items() if it}
        return f"{path}?{urlencode(given)}" if given else path


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page and its CSV."""

    @app.get(PLACE)
    def page(
        request: Request,
        criteria: Annotated[AuditCriteria, Depends()],
        who: Who,
        before: Cursor = None,
    ) -> Response:
        demand(who, Right.AUDIT)
        with parts.store.read() as tx:
            found = audit_log.page(tx, criteria.filters, before=before)
        shown = PageView(
            template="audit.html",
            title=both("console.nav_audit"),
            values={
                "words": criteria.words,
                "rows": found.rows,
                "more": criteria.address(PLACE, before=found.next) if found.next else "",
                "as_csv": criteria.address(f"{PLACE}.csv"),
            },
        )
        return render(request, shown, who, now=parts.clock())

    @app.get(PLACE + ".csv")
    def as_csv(criteria: Annotated[AuditCriteria, Depends()], who: Who) -> Response:
        demand(who, Right.AUDIT)
        name = f"audit-{parts.clock():%Y%m%d-%H%M}.csv"
        return StreamingResponse(
            csv_lines(parts, criteria.filters),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def csv_lines(parts: Parts, filters: AuditFilters) -> Iterator[str]:
    """Yield the lines of the CSV, page by page, so that no view of the store is held long."""
    yield spreadsheet.MARK + spreadsheet.line(AuditEntry._fields)
    before: int | None = None
    written = 0
    while written < MOST_ROWS:
        with parts.store.read() as tx:
            found = audit_log.page(tx, filters, before=before, limit=1000)
        yield "".join(spreadsheet.line(row) for row in found.rows)
        written += len(found.rows)
        before = found.next
        if before is None:
            return


def _day(text: str) -> datetime | None:
    """Return the beginning of a day in the ward's zone, None for no day."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(found.year, found.month, found.day, tzinfo=LOCAL)
