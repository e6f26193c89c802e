"""`/v1/webhooks`: what the owner of a webhook sees of it, sends again and tests.

Addresses are added by an operator (`hub webhooks add`), because the hub calls them from inside the
ward's network. A client sees its own webhooks only; those of others do not exist for it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.partner_calls import records
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.request_body import read_body
from hub.gateway.v1.changes import position_behind
from hub.gateway.v1.refusing import answered
from hub.gateway.v1.tagged import JSON, tagged
from hub.messages.envelope import place
from hub.messages.invalid import InvalidMessage
from hub.operations.signed_by import SignedBy
from hub.operations.webhooks import managing, status
from hub.operations.webhooks.managing import ReplayUnderWay, WebhookNotDone
from hub.operations.webhooks.status import WebhookStatus
from hub.ports import Clock
from hub.records.deadlines.calendar import local
from hub.records.dossiers import numbering
from hub.store.change_feed import reading
from hub.store.engine.store import Store

PATH = "/v1/webhooks"
READ, REPLAY = "webhooks.read", "webhooks.replay"
_LARGEST = 4096
_encoder = msgspec.json.Encoder()


def install(app: FastAPI, store: Store, *, authorization: Authorization, clock: Clock) -> None:
    """Add the routes to an application."""
    routes = _Routes(store, authorization, clock)
    for path, method, answer, name in (
        (PATH, "GET", routes.list_all, "LayDanhSachWebhook"),
        (PATH + "/{maWebhook}", "GET", routes.show, "TraCuuWebhook"),
        (PATH + "/{maWebhook}/replays", "POST", routes.replay, "GuiLaiWebhook"),
        (PATH + "/{maWebhook}/tests", "POST", routes.test, "ThuWebhook"),
    ):
        app.add_api_route(path, _route(answer, authorization), methods=[method], name=name)


def _route(
    answer: Callable[[Request], Awaitable[Response]], authorization: Authorization
) -> Callable[[Request], Awaitable[Response]]:
    async def called(request: Request) -> Response:
        return await answered(request, lambda: answer(request), proxies=authorization.proxies)

    return called


@dataclass(frozen=True, slots=True)
class _Routes:
    store: Store
    authorization: Authorization
    clock: Clock

    async def list_all(self, request: Request) -> Response:
        """Return all webhooks of the caller."""
        caller = await self._admitted(request, READ)
        found = await run_in_threadpool(self._of, caller)
        return tagged(request, records.WebhookList(webhooks=tuple(map(_shown, found))), {})

    async def show(self, request: Request) -> Response:
        """Return one webhook of the caller."""
        caller = await self._admitted(request, READ)
        return tagged(request, _shown(await self._own(request, caller)), {})

    async def replay(self, request: Request) -> Response:
        """Have a stretch of the feed sent again."""
        caller = await self._admitted(request, REPLAY)
        own = await self._own(request, caller)
        wanted = _body(await read_body(request, _LARGEST), request.headers)
        await run_in_threadpool(self._begin_replay, caller, own.webhook.id, wanted)
        return await self._taken(request, caller)

    async def test(self, request: Request) -> Response:
        """Have a test event sent."""
        caller = await self._admitted(request, REPLAY)
        own = await self._own(request, caller)
        id, by = own.webhook.id, self._by(caller)
        act = partial(managing.request_test, self.store, id, by=by)
        sent = await run_in_threadpool(_refusing, act)
        return Response(_encoder.encode({"maSuKien": sent}), 202, media_type=JSON)

    async def _admitted(self, request: Request, right: str) -> GatewayCaller:
        caller = await self.authorization.identify(request, operation=right)
        await self.authorization.admit(caller, operation=right, object=request.url.path)
        return caller

    def _of(self, caller: GatewayCaller) -> list[WebhookStatus]:
        def allowed(_client: str, number: str) -> bool:
            return caller.may_act_for(numbering.parse(number).agency)

        with self.store.read() as tx:
            found = status.of_all(tx, allowed=allowed, now=self.clock(), client=caller.client)
        return [it for it in found if it.webhook.retired_at is None]

    async def _own(self, request: Request, caller: GatewayCaller) -> WebhookStatus:
        id = request.path_params["maWebhook"]
        for own in await run_in_threadpool(self._of, caller):
            if own.webhook.id == id:
                return own
        raise RefusedCall("webhook_unknown", where="maWebhook", why="the client has no such one")

    async def _taken(self, request: Request, caller: GatewayCaller) -> Response:
        own = await self._own(request, caller)
        return Response(_encoder.encode(_shown(own)), 202, media_type=JSON)

    def _begin_replay(self, caller: GatewayCaller, id: str, wanted: records.WebhookReplay) -> None:
        by = self._by(caller)
        with self.store.read() as tx:
            state = reading.state_of(tx)
            first = position_behind(wanted.after, state, where="after") + 1
            last = position_behind(wanted.until, state, where="until") or state.last
            if wanted.start is not None:
                first = reading.position_at(tx, wanted.start, last=state.last) + 1
            if wanted.end is not None:
                last = reading.position_at(tx, wanted.end, last=state.last)
        _refusing(lambda: managing.replay(self.store, id, first=first, last=last, by=by))

    def _by(self, caller: GatewayCaller) -> SignedBy:
        return {"actor": caller.client, "reason": "/v1/webhooks", "now": self.clock()}


def _refusing(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except ReplayUnderWay as error:
        raise RefusedCall("replay_under_way", why=str(error)) from None
    except WebhookNotDone as error:
        raise RefusedCall("call_invalid", where="$", why=str(error)) from None


def _body(body: bytes, headers: Mapping[str, str]) -> records.WebhookReplay:
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON:
        raise RefusedCall("media_type_unsupported", where="Content-Type", why=f"{JSON} is taken")
    try:
        return msgspec.json.decode(body, type=records.WebhookReplay)
    except msgspec.ValidationError as error:
        raise InvalidMessage("call_invalid", **place(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage("json_broken", where="$", why=str(error)) from None


def _shown(found: WebhookStatus) -> records.WebhookShown:
    webhook = found.webhook

    def when(at: datetime | None) -> datetime | None:
        return None if at is None else local(at)

    return records.WebhookShown(
        id=webhook.id,
        url=webhook.url,
        state=found.state.value,
        last_success_at=when(webhook.last_success_at),
        last_failure_at=when(webhook.last_failure_at),
        last_code=webhook.last_code,
        last_detail=webhook.last_detail,
        failing_since=when(webhook.failing_since),
        paused_until=when(webhook.paused_until),
        backlog=found.backlog,
        refused=found.refused,
        more=found.more,
        replaying=webhook.replay_next is not None,
        tested_at=when(webhook.tested_at),
        test_code=webhook.test_code,
    )
