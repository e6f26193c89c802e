"""Pages that a scanner could not place: the picture of each, and what their code told."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import Response

from hub.console.frame.errors import NotHere
from hub.console.frame.visitor import Who, demand
from hub.console.parts import Parts
from hub.messages import catalog
from hub.messages.envelope import Message, decode_stored
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import PagesUnread
from hub.page_reading.one_page import picture_of_page
from hub.rules.file_types import PDF
from hub.rules.users.rights import Right
from hub.store.engine.store import Tx
from hub.store.evidence import audit
from hub.store.messages import journal

PICTURE = "image/jpeg"


def install(app: FastAPI, parts: Parts) -> None:
    """Add the address of the pictures. They show personal data: each look is audited."""

    @app.get("/parked/picture")
    def picture(
        who: Who,
        id: Annotated[str, Query(max_length=200)] = "",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> Response:
        demand(who, Right.BODY)
        demand(who, Right.UNMASK)
        with parts.store.write() as tx:
            body = journal.bodies(tx, [id]).get(id)
            found = _read(body) if body else None
            if found is None or page > found[1].pages:
                raise NotHere
            audit.record(tx, who.actor, "pages.look", object=f"{id} {page}", now=parts.clock())
        try:
            return Response(_drawn(parts, found[0], page), media_type=PICTURE)
        except (InvalidMessage, OSError):
            raise NotHere from None


def proposal_of(tx: Tx, id: str) -> PagesUnread | None:
    """Return what is known of parked pages, None where a message is about something else."""
    body = journal.bodies(tx, [id]).get(id)
    found = _read(body) if body else None
    return found[1] if found else None


def _drawn(parts: Parts, message: Message, page: int) -> bytes:
    """Return a page as a JPEG: the first was drawn when the stack was cut. Raises NotHere."""
    files = {it.media_type: it.sha256 for it in message.attachments}
    if page == 1 and PICTURE in files:
        return parts.file_path(files[PICTURE]).read_bytes()
    if PDF not in files:
        raise NotHere
    return picture_of_page(parts.file_path(files[PDF]), PDF, page)


def _read(body: bytes) -> tuple[Message, PagesUnread] | None:
    try:
        message = decode_stored(body)
        payload = catalog.read(message)
    except InvalidMessage:
        return None
    return (message, payload) if isinstance(payload, PagesUnread) else None
