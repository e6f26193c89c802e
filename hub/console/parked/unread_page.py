"""Pages that a scanner could not place: the picture of the first, and what their code told."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import FileResponse

from hub.console.frame.errors import NotHere
from hub.console.frame.visitor import Who, demand
from hub.console.parts import Parts
from hub.messages import catalog
from hub.messages.envelope import Message, decode_stored
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import PagesUnread
from hub.rules.users.rights import Right
from hub.store.engine.store import Tx
from hub.store.evidence import audit
from hub.store.messages import journal

PICTURE = "image/jpeg"


def install(app: FastAPI, parts: Parts) -> None:
    """Add the address of the picture. It shows personal data: each look is audited."""

    @app.get("/parked/picture")
    def picture(
        who: Who,
        id: Annotated[str, Query(max_length=200)] = "",
    ) -> FileResponse:
        demand(who, Right.BODY)
        demand(who, Right.UNMASK)
        with parts.store.write() as tx:
            body = journal.bodies(tx, [id]).get(id)
            place = _picture_of(body) if body else ""
            if not place:
                raise NotHere
            audit.record(tx, who.actor, "pages.look", object=id, now=parts.clock())
        try:
            return FileResponse(parts.file_path(place), media_type=PICTURE)
        except InvalidMessage:
            raise NotHere from None


def proposal_of(tx: Tx, id: str) -> PagesUnread | None:
    """Return what is known of parked pages, None where a message is about something else."""
    body = journal.bodies(tx, [id]).get(id)
    found = _read(body) if body else None
    return found[1] if found else None


def _picture_of(body: bytes) -> str:
    """Return the sha256 of the picture, "" for none."""
    found = _read(body)
    if found is None:
        return ""
    return next((it.sha256 for it in found[0].attachments if it.media_type == PICTURE), "")


def _read(body: bytes) -> tuple[Message, PagesUnread] | None:
    try:
        message = decode_stored(body)
        payload = catalog.read(message)
    except InvalidMessage:
        return None
    return (message, payload) if isinstance(payload, PagesUnread) else None
