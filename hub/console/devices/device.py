"""The page of one device: what is wrong with it, what it counts, and of a camera its pictures."""

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, Response

from hub.console import links
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand
from hub.console.parts import Parts
from hub.operations.devices.listing import shown_devices
from hub.operations.devices.snapshots import SHOWN
from hub.rules.devices.acceptance import kind_text
from hub.rules.devices.health import state_text
from hub.rules.devices.reading import CAMERA
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.devices.states import KeptState
from hub.store.evidence import audit
from hub.texts import Text

_PICTURE = "image/jpeg"


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page, and the address of a picture. It shows persons: each look is audited."""

    @app.get("/devices/{name}")
    def one(request: Request, who: Who, name: str) -> Response:
        return render(request, of_device(parts, who, name), who, now=parts.clock())

    @app.get("/devices/{name}/pictures/{file}")
    def picture(who: Who, name: str, file: str) -> FileResponse:
        demand(who, Right.UNMASK)
        kept = parts.snapshots and parts.snapshots.file(name, file)
        if not kept:
            raise NotHere
        with parts.store.write() as tx:
            audit.record(tx, who.actor, SHOWN, object=file, now=parts.clock())
        return FileResponse(kept, media_type=_PICTURE)


def known_device(parts: Parts, name: str) -> KeptState:
    """Return a device as it is now. Raises NotHere."""
    with parts.store.read() as tx:
        found = {it.device: it for it in shown_devices(tx, now=parts.clock())}
    if name not in found:
        raise NotHere
    return found[name]


def of_device(parts: Parts, who: Visitor, name: str) -> PageView:
    """Return the page of a device. Raises MayNot and NotHere."""
    demand(who, Right.METADATA)
    it = known_device(parts, name)
    takes = it.kind == CAMERA and parts.snapshots is not None and who.may(Right.UNMASK)
    pictures = parts.snapshots.listing(name) if takes and parts.snapshots else ()
    return PageView(
        template="devices/one.html",
        title=Text(it.device, it.device),
        values={
            "it": it,
            "kind": kind_text(it.kind),
            "state": state_text(it.state),
            "takes": takes and who.may(Right.ACT),
            "days": parts.snapshots.days if parts.snapshots else 0,
            "pictures": [(at, links.camera_picture(name, file)) for file, at in pictures],
            "action": links.snapshot(name),
        },
    )
