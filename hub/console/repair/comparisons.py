"""Comparisons of a day: by queries of the partners or by a partner's list; result and protocol."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response

from hub.console.forms import filled
from hub.console.frame.addresses import Cursor, number_of_address
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand, signed_by
from hub.console.links import comparison, dossier, task
from hub.console.live import Freshness, FreshPages, add_streams, number_in_path
from hub.console.parts import Parts
from hub.console.sign_in.forms import Form
from hub.messages.local_time import LOCAL
from hub.operations.comparison import ordered
from hub.operations.comparison.lists import reader
from hub.operations.comparison.lists.problems import ListRefused
from hub.records.rulebook import Rulebook
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.repair import comparisons
from hub.store.repair.comparisons import ComparisonState, text_of
from hub.texts import Explained, Text, both

PAGE = 100
"""Differences on a page."""
WHOLE = 5_000
"""Differences of a protocol for paper; the rest is a number."""
Place = Annotated[int, Query(ge=0, lt=2**31)]


class _WrongWords(Explained):
    """A field of the form cannot be used."""


def install(app: FastAPI, parts: Parts) -> None:
    """Add the pages, the stream of each comparison, and the forms."""
    pages = _ComparisonPages(parts)
    app.add_api_route("/comparisons", pages.all, methods=["GET"])
    app.add_api_route("/comparisons", pages.order, methods=["POST"])
    app.add_api_route("/comparisons/list", pages.compare_list, methods=["POST"])
    app.add_api_route("/comparisons/{number}", pages.one, methods=["GET"])
    stream = partial(_stream, FreshPages(parts))
    add_streams(app, "/live/comparisons/{number}", stream, parts=parts)


def _stream(fresh: FreshPages, request: Request) -> Freshness:
    number = number_in_path(request)
    return fresh.of(number, partial(comparison_page, number=number))


class _ComparisonPages:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def all(self, request: Request, who: Who, before: Cursor = None) -> Response:
        return self._list(request, who, before=before)

    def one(
        self, request: Request, who: Who, number: int, after: Place = 0, whole: bool = False
    ) -> Response:
        now, parts = self._parts.clock(), self._parts
        page = comparison_page(parts, who, now, number=number, after=after, whole=whole)
        return render(request, page, who, now=now)

    def order(self, request: Request, who: Who, form: Form) -> Response:
        """Order the comparison of a day with the partners; on to its page."""
        demand(who, Right.ACT)
        try:
            day, partner = self._day(form), self._partner(form, some=False)
        except _WrongWords as error:
            return self._list(request, who, wrong=error.text, typed=form)
        by = signed_by(who, day.isoformat(), now=self._parts.clock())
        number = ordered.order(self._parts.store, day, partner, form=form.get(filled.ID, ""), by=by)
        return RedirectResponse(comparison(number), status_code=303)

    def compare_list(self, request: Request, who: Who, form: Form) -> Response:
        """Compare a partner's list; on to what it found."""
        demand(who, Right.ACT)
        content: bytes = getattr(request.state, "file", b"")
        try:
            day, partner = self._day(form), self._partner(form, some=True)
            at = self._exported(form, day)
            if not content:
                raise _WrongWords(both("comparison_pages.no_file"))
            listed = reader.read(content, partner=partner, exported_at=at)
            number = ordered.compare_list(
                self._parts.store,
                day,
                listed,
                Rulebook.load(),
                agency=self._parts.agency,
                form=form.get(filled.ID, ""),
                by=signed_by(who, day.isoformat(), now=self._parts.clock()),
            )
        except (_WrongWords, ListRefused) as error:
            return self._list(request, who, wrong=error.text, typed=form)
        return RedirectResponse(comparison(number), status_code=303)

    def _day(self, form: Mapping[str, str]) -> date:
        try:
            found = date.fromisoformat(form.get("day", ""))
        except ValueError:
            raise _WrongWords(both("comparison_pages.bad_day")) from None
        if found > self._parts.clock().astimezone(LOCAL).date() or found.year < 2000:
            raise _WrongWords(both("comparison_pages.bad_day"))
        return found

    def _partner(self, form: Mapping[str, str], *, some: bool) -> str:
        given = form.get("partner", "")
        names = [it for it in self._parts.destinations if it != "devices"]
        if given not in names and (some or given):
            raise _WrongWords(both("comparison_pages.bad_partner"))
        return given

    def _exported(self, form: Mapping[str, str], day: date) -> datetime:
        """Return when the list was exported: on the day or later, and not in the future."""
        try:
            moment = datetime.fromisoformat(form.get("exported_at", "")).replace(tzinfo=LOCAL)
        except ValueError:
            raise _WrongWords(both("comparison_pages.bad_time")) from None
        if moment.date() < day or moment > self._parts.clock():
            raise _WrongWords(both("comparison_pages.bad_time"))
        return moment

    def _list(
        self,
        request: Request,
        who: Visitor,
        *,
        before: int | None = None,
        wrong: Text | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        demand(who, Right.METADATA)
        now = self._parts.clock()
        with self._parts.store.read() as tx:
            found = comparisons.newest(tx, before=before)
        more = len(found) == comparisons.PAGE
        page = PageView(
            template="repair/comparisons.html",
            title=both("comparison_pages.title"),
            values={
                "found": found,
                "more": f"/comparisons?before={found[-1].number}" if more else "",
                "may_act": who.may(Right.ACT),
                "partners": [it for it in self._parts.destinations if it != "devices"],
                "today": now.astimezone(LOCAL).date().isoformat(),
                "typed": typed or {},
                "wrong": wrong,
                "comparison": comparison,
                "largest": reader.LARGEST // 1024 // 1024,
            },
            status=200 if wrong is None else 422,
        )
        return render(request, page, who, now=now)


def comparison_page(
    parts: Parts, who: Visitor, now: datetime, *, number: int, after: int = 0, whole: bool = False
) -> PageView:
    """Return the page of a comparison, which is its protocol, too. Raises NotHere.

    `after`: how many differences stand on the pages before; `whole`: all on one, to be printed.
    """
    del now
    with parts.store.read() as tx:
        found = comparisons.numbered(tx, number_of_address(number))
        if found is None or not who.may(Right.METADATA):
            raise NotHere
        all_of_them = found.result.differences if found.result else ()
        shown = all_of_them[:WHOLE] if whole else all_of_them[after : after + PAGE]
        tasks = comparisons.tasks_of(tx, shown)
    left = len(all_of_them) - len(shown) - (0 if whole else after)
    values: dict[str, Any] = {
        "it": found,
        "is_done": found.state is ComparisonState.DONE,
        "differences": shown,
        "tasks": tasks,
        "left": left,
        "more": "" if whole or left <= 0 else f"{comparison(number)}?after={after + PAGE}",
        "whole": f"{comparison(number)}?whole=true" if len(shown) < len(all_of_them) else "",
        "text_of": text_of,
        "dossier": dossier,
        "comparison": comparison,
        "task_page": task,
    }
    return PageView(
        template="repair/comparison.html",
        main="repair/comparison_main.html",
        title=both("comparison_pages.protocol", day=f"{found.day:%d/%m/%Y}"),
        values=values,
    )
