"""The desks of the counter, and the page of each: who is called, who waits, how long.

What is kept fresh holds the figures; the forms stand outside of it.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand_some
from hub.console.links import desk as desk_page
from hub.console.live import Freshness, FreshPages, add_stream, add_streams
from hub.console.parts import Parts
from hub.operations.counter import queue
from hub.rules.counter.tickets import Ticket, office_day
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.counter import tickets
from hub.texts import both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the pages, and the streams that keep them fresh."""
    fresh = FreshPages(parts)

    @app.get("/desks")
    def every(request: Request, who: Who) -> Response:
        now = parts.clock()
        return render(request, all_desks(parts, who, now), who, now=now)

    @app.get("/desks/{name}")
    def one(request: Request, who: Who, name: str) -> Response:
        now = parts.clock()
        return render(request, one_desk(parts, who, now, name=name), who, now=now)

    def freshness(request: Request) -> Freshness:
        name = known_desk(parts, request.path_params["name"])
        return fresh.of(name, partial(one_desk, name=name))

    add_stream(app, "/live/desks", all_desks, parts=parts)
    add_streams(app, "/live/desks/{name}", freshness, parts=parts)


def known_desk(parts: Parts, name: str) -> str:
    """Return the name of a desk. Raises NotHere for one that the plan does not have."""
    if name not in parts.counter.desks:
        raise NotHere
    return name


def all_desks(parts: Parts, who: Visitor, now: datetime) -> PageView:
    """Return the page of all desks. Raises MayNot."""
    demand_some(who, Right.ACT)
    day, plan = office_day(now), parts.counter
    with parts.store.read() as tx:
        found = [(it, tickets.at_desk(tx, day, it.name)) for it in plan.desks.values()]
        figures = queue.figures(tx, now=now)
    return PageView(
        template="desks/every.html",
        main="desks/every_main.html",
        title=both("console.nav_desks"),
        values={"desks": found, "figures": figures, "plan": plan, "desk_page": desk_page},
    )


def one_desk(parts: Parts, who: Visitor, now: datetime, *, name: str) -> PageView:
    """Return the page of a desk. Raises NotHere and MayNot."""
    demand_some(who, Right.ACT)
    plan, day = parts.counter, office_day(now)
    desk = plan.desks[known_desk(parts, name)]
    with parts.store.read() as tx:
        present = tickets.at_desk(tx, day, name)
        last = tickets.called_last(tx, day)
        figures = queue.figures(tx, now=now)
    return PageView(
        template="desks/one.html",
        main="desks/one_main.html",
        title=both("counter.desk_title", desk=name),
        values={
            "desk": desk,
            "plan": plan,
            "present": present,
            "last": last,
            "figures": figures,
            "mine": sum(figures.waiting.get(code, 0) for code in desk.categories),
            "others": [it for it in plan.categories.values() if not _is(present, it.code)],
        },
    )


def page_of(parts: Parts, who: Visitor, name: str) -> Callable[[], PageView]:
    """Return what makes the page of a desk as it is now."""
    return lambda: one_desk(parts, who, parts.clock(), name=name)


def _is(present: Ticket | None, category: str) -> bool:
    return present is not None and present.category == category
