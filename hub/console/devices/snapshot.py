"""The form with which a picture of a camera is taken; what it does is `hub devices snapshot`."""

from functools import partial

from fastapi import FastAPI
from fastapi.responses import Response

from hub.console import links
from hub.console.devices.device import known_device, of_device
from hub.console.forms.acting import Posted, act
from hub.console.forms.filled import Filled
from hub.console.frame.errors import NotHere
from hub.console.frame.visitor import demand
from hub.console.parts import Parts
from hub.operations.devices import snapshots
from hub.operations.signed_by import SignedBy
from hub.ports.devices import NoPicture
from hub.rules.devices.health import state_text
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.texts import Explained, Text, both


class NoSnapshot(Explained):
    """No picture was kept; the text says why."""


def install(app: FastAPI, parts: Parts) -> None:
    """Add the route."""

    @app.post("/devices/{name}/snapshot")
    def snapshot(name: str, posted: Posted) -> Response:
        return act(
            posted,
            parts,
            do=partial(_order, parts, posted.who, name),
            page=partial(of_device, parts, posted.who, name),
            leads_to=links.device(name),
        )


def _order(parts: Parts, who: Visitor, name: str, sent: Filled, by: SignedBy) -> Text:
    """Take the picture. Raises NoSnapshot, NotHere and MayNot."""
    demand(who, Right.ACT)
    demand(who, Right.UNMASK)
    now = known_device(parts, name).state
    camera = parts.snapshots.camera(name) if parts.snapshots else None
    if parts.snapshots is None or camera is None:
        raise NotHere
    if sent.get("state") != now:
        raise NoSnapshot(both("snapshots.changed", name=name, state=state_text(now)))
    try:
        snapshots.keep_picture(parts.store, parts.snapshots.folder, name, camera, by)
    except NoPicture as error:
        found = error.finding
        raise NoSnapshot(both("snapshots.none", why=found.text, to_do=found.to_do)) from None
    return both("snapshots.kept_on_page", name=name, days=parts.snapshots.days)
