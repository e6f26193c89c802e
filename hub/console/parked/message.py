"""A message that is or was parked: why, its content (masked), and how it is now."""

from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response

from hub.console import links
from hub.console.content import shown
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who
from hub.console.links import dossier, fault
from hub.console.parked.unread_page import proposal_of
from hub.console.parts import Parts
from hub.messages.envelope import decode_stored
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import PagesUnread
from hub.operations.overview.items import explanation
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.console import parked_messages
from hub.store.engine.store import Tx
from hub.store.messages import journal
from hub.texts import Text, both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page."""

    @app.get("/parked/message")
    def page(
        request: Request,
        who: Who,
        id: Annotated[str, Query(max_length=200)] = "",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> Response:
        return render(request, of_message(parts, who, id, page=page), who, now=parts.clock())


def of_message(
    parts: Parts, who: Visitor, id: str, *, page: int = 1, unmasked: bool = False
) -> PageView:
    """Return the page of a message; `page`: which of its own pages it shows. Raises NotHere."""
    if not who.may(Right.METADATA):
        raise NotHere
    may_read = who.may(Right.BODY)
    with parts.store.read() as tx:
        found = parked_messages.one(tx, id)
        if found is None:
            raise NotHere
        content = _content(tx, found, unmasked) if may_read else ""
        pages = proposal_of(tx, id) if may_read and found.waits_for_person else None
    explained = explanation(found.code) if found.waits_for_person else None
    return PageView(
        template="parked/message.html",
        title=both("parked_pages.message_title"),
        values={
            "it": found,
            "to_do": Text(**explained.to_do) if explained else None,
            "owners": explained.who if explained else (),
            "content": content,
            "unmasked": unmasked,
            "pages": pages,
            "picture": _picture(pages, id, page) if who.may(Right.UNMASK) else "",
            "page_number": page,
            "page_links": [
                (number, links.message(id, number))
                for number in range(1, pages.pages + 1 if pages else 1)
            ],
            "may_unmask": bool(content) and who.may(Right.UNMASK),
            "may_act": found.waits_for_person and who.may(Right.ACT),
            "dossier": dossier,
            "fault_page": fault,
            "parked_page": links.message_list,
        },
    )


def _picture(pages: PagesUnread | None, id: str, page: int) -> str:
    """Return the address of the picture of a page, "" where there is none."""
    return links.page_picture(id, page) if pages and page <= pages.pages else ""


def _content(tx: Tx, found: parked_messages.ListedMessage, unmasked: bool) -> str:
    """Return the content, "" where it is gone or is no message of a type that the hub knows."""
    if not found.has_content:
        return ""
    try:
        return shown(decode_stored(journal.bodies(tx, [found.id])[found.id]), unmasked=unmasked)
    except InvalidMessage:
        return ""
