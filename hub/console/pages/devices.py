"""The devices at the counter: how each was at its last check, and what its owner does."""

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand
from hub.console.links import device
from hub.console.parts import Parts
from hub.operations.devices.listing import shown_devices
from hub.rules.devices.health import state_text
from hub.rules.users.rights import Right
from hub.texts import both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page. Devices concern the installation as a whole, so no partner sees it."""

    @app.get("/devices")
    def page(request: Request, who: Who) -> Response:
        demand(who, Right.METADATA)
        now = parts.clock()
        with parts.store.read() as tx:
            found = shown_devices(tx, now=now)
        shown = PageView(
            template="devices/listing.html",
            title=both("console.nav_devices"),
            values={
                "devices": [(it, state_text(it.state)) for it in found],
                "device_page": device,
                "nothing": both("device_findings.none_known"),
            },
        )
        return render(request, shown, who, now=now)
