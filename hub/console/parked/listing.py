"""The parked messages: kinds with their counts, and those of a kind, with why and what to do."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response

from hub.console import links
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand
from hub.console.links import dossier, fault, message
from hub.console.parts import Parts
from hub.operations.approvals import discarding
from hub.operations.overview.items import explanation
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.console import groups, parked_messages
from hub.store.messages import parked
from hub.store.messages.parked import ParkedFilter
from hub.texts import Text, both

Word = Annotated[str, Query(max_length=200)]
COUNTED = "counted"
"""The field of a form that names the messages which its page counted, with spaces between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedQuery:
    """Which parked messages a page shows."""

    type: str = ""
    code: str = ""
    after: str = ""
    """The last message of the page before."""

    @property
    def filter(self) -> ParkedFilter:
        """The messages of the page and of those that follow."""
        return ParkedFilter(type=self.type, code=self.code)


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page."""

    @app.get("/parked")
    def page(
        request: Request,
        who: Who,
        type: Word = "",
        code: Word = "",
        after: Word = "",
    ) -> Response:
        wanted = ParkedQuery(type=type, code=code, after=after)
        return render(request, listing(parts, who, wanted), who, now=parts.clock())


def listing(parts: Parts, who: Visitor, wanted: ParkedQuery) -> PageView:
    """Return the page. Raises MayNot: parked messages concern the installation as a whole."""
    demand(who, Right.METADATA)
    is_kind, may_act = bool(wanted.type and wanted.code), who.may(Right.ACT)
    with parts.store.read() as tx:
        kinds = groups.message_groups(tx)
        found = parked_messages.listed(tx, wanted.filter, after=wanted.after)
        count = parked_messages.count(tx, wanted.filter)
        is_small = is_kind and may_act and 0 < count <= discarding.MOST
        counted = parked.select(tx, wanted.filter, emptied=True) if is_small else []
    explained = explanation(wanted.code)
    more = len(found) == parked_messages.PAGE
    return PageView(
        template="parked/listing.html",
        title=both("parked_pages.title"),
        values={
            "wanted": wanted,
            "kinds": kinds,
            "found": found,
            "count": count,
            "to_do": Text(**explained.to_do) if explained else None,
            "owners": explained.who if explained else (),
            "may_act": may_act,
            "is_kind": is_kind,
            "counted": {COUNTED: " ".join(it.id for it in counted)} if counted else {},
            "more": links.message_list(wanted.type, wanted.code, found[-1].id) if more else "",
            "dossier": dossier,
            "fault_page": fault,
            "message": message,
            "parked_page": links.message_list,
        },
    )
