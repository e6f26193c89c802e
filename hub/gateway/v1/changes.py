"""`GET /v1/changes`: what changed of the dossiers of a client's agencies, in one order, by cursor.

Thin on purpose: the dossier's number and codes; what a reader needs besides it asks by number. A
page looks at a bounded number of changes, so it may be empty and nevertheless have a next one.
"""

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.partner_calls import records
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.v1.queries import read_query
from hub.gateway.v1.refusing import answered, counting_refusals
from hub.gateway.v1.tagged import tagged
from hub.records.deadlines.calendar import local
from hub.records.dossiers import numbering
from hub.rules.change_feed import FeedRestarted, FeedState, position_of, read_cursor
from hub.store.change_feed import reading
from hub.store.change_feed.reading import DossierChange
from hub.store.engine.store import Store

PATH = "/v1/changes"
RIGHT = "changes.read"


def install(app: FastAPI, store: Store, *, authorization: Authorization) -> None:
    """Add the route to an application."""

    async def list_changes(request: Request) -> Response:
        async def answer() -> Response:
            caller = await authorization.identify(request, operation=RIGHT)
            async with counting_refusals(authorization, caller, RIGHT, PATH):
                query = read_query(request.query_params, records.ChangesQuery)
            await authorization.admit(caller, operation=RIGHT, object=PATH)
            return tagged(request, await run_in_threadpool(page, store, caller, query), {})

        return await answered(request, answer, proxies=authorization.proxies)

    app.add_api_route(PATH, list_changes, methods=["GET"], name="LayThayDoi")


def page(store: Store, caller: GatewayCaller, query: records.ChangesQuery) -> records.ChangeList:
    """Return the changes behind a cursor; raises RefusedCall for one that leads nowhere."""
    with store.read() as tx:
        state = reading.state_of(tx)
        after = position_behind(query.after, state, where="after")
        found = reading.page(
            tx,
            after,
            limit=query.limit,
            allowed=lambda number: caller.may_act_for(numbering.parse(number).agency),
        )
    return records.ChangeList(
        changes=tuple(shown(change, state) for change in found.changes),
        next=str(state.cursor(found.reached)),
        more=found.more,
        removed_to=str(state.cursor(state.removed_to)) if after < state.removed_to else None,
    )


def position_behind(cursor: str, state: FeedState, *, where: str) -> int:
    """Return the position that a cursor names, 0 for none; raises RefusedCall."""
    if not cursor:
        return 0
    known = read_cursor(cursor)
    if known is None:
        raise RefusedCall("call_invalid", where=where, why="not a cursor of the feed")
    try:
        return position_of(known, state)
    except FeedRestarted as restarted:
        begin = str(restarted.begin)
        raise RefusedCall(
            "changes_restarted",
            where=where,
            why=f"begin again with after={begin}",
            members={"batDauLai": begin},
        ) from None


def shown(change: DossierChange, state: FeedState) -> records.ChangeShown:
    """Return a change as a partner reads it."""
    return records.ChangeShown(
        id=state.event_id(change.position),
        cursor=str(state.cursor(change.position)),
        kind=change.kind.value,
        number=change.number,
        code=change.code,
        at=local(change.at),
        message_id=change.message_id,
    )
