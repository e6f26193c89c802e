"""The overview: does anything need a person now, what first, and how the hub does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup

from hub.console.alerts.incidents import WORDS, outside_of
from hub.console.charts import chart
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand_some, sees_partner
from hub.console.links import dossier, message_list, search_of, task
from hub.console.live import add_stream
from hub.console.parts import Parts
from hub.operations.alerts.subjects import partners_in
from hub.operations.devices.listing import shown_devices
from hub.operations.flow.curves import SPANS, curves
from hub.operations.overview.items import items
from hub.operations.overview.verdict import verdict
from hub.rules.devices.health import state_text
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.alerts import incidents
from hub.store.conservation.balance import balance
from hub.store.console.due import due_soon
from hub.store.deliveries import pauses
from hub.store.engine.store import Tx
from hub.store.monitoring import flow_samples
from hub.texts import both

SHOWN = 30
"""Items on the page; the rest is a number."""


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page, and the stream that keeps it fresh."""

    @app.get("/")
    def page(
        request: Request,
        who: Who,
        span: Literal["hour", "day", "week"] = "hour",
    ) -> Response:
        now = parts.clock()
        return render(request, overview(parts, who, now, span=span), who, now=now)

    for span in SPANS:
        add_stream(app, f"/live/overview/{span}", partial(overview, span=span), parts=parts)


def overview(parts: Parts, who: Visitor, now: datetime, *, span: str = "hour") -> PageView:
    """Return the page for a visitor. Raises MayNot."""
    demand_some(who, Right.METADATA)
    outside = outside_of(parts, who)
    with parts.store.read() as tx:
        every = balance(tx, parts.destinations)
        balances = [it for it in every if sees_partner(who, it.destination)]
        opened = incidents.listing(tx, partners=partners_in(who.scope))
        devices = shown_devices(tx, now=now) if who.scope.everything else []
        every_incident = [*outside, *opened]
        found = items(tx, who.scope, balances, devices=devices, incidents=every_incident, now=now)
        paused = pauses.listed(tx, now=now)
        due = due_soon(tx, who.scope)
        flows = [flow(tx, it.destination, span, now) for it in balances]
    return PageView(
        template="overview.html",
        main="overview_main.html",
        title=both("console.nav_overview"),
        values={
            "verdict": verdict(found),
            "items": found[:SHOWN],
            "more": max(0, len(found) - SHOWN),
            "found": opened,
            "outside": outside,
            "due": due,
            "devices": devices,
            "device_state": state_text,
            "balances": balances,
            "pauses": [it for it in paused if sees_partner(who, it.pause.destination)],
            "flows": flows,
            "span": span,
            "spans": list(SPANS),
            "search_of": search_of,
            "dossier": dossier,
            "parked_page": message_list,
            "task": task,
            **WORDS,
        },
    )


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: what it shows, its last value, and the picture."""

    name: str
    last: float | None
    picture: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The charts of one partner."""

    destination: str
    charts: Sequence[Chart]


def flow(tx: Tx, destination: str, span: str, now: datetime) -> Flow:
    """Return the charts of a partner."""
    length = SPANS[span].length
    samples = flow_samples.of_destination(
        tx, destination, since=now - length, each=SPANS[span].each
    )
    found = curves(destination, samples, length)
    return Flow(
        destination=destination,
        charts=[
            Chart(
                name, points[-1][1] if points else None, chart(points, start=now - length, end=now)
            )
            for name, points in (
                ("depth", found.depth),
                ("rate", found.rate),
                ("critical", found.critical),
            )
        ],
    )
