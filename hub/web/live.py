"""A stream of server-sent events that keeps an open page fresh.

Something is sent every two seconds, so that either side notices a dead line: the part where it
changed, else that it did not. A stream ends after some minutes; the browser comes again by itself.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

EVERY = timedelta(seconds=2)
LASTS = timedelta(minutes=5)
CHECK_EVERY = 5
"""Rounds from one check whether the reader may go on to the next."""
PAGE, AWAY, SAME = "page", "away", "same"


@dataclass(frozen=True, slots=True)
class FreshPart:
    """What readers are sent, written once for all of them."""

    name: str
    """PAGE or AWAY."""
    html: str
    """The part; sent again only where it changed."""
    whole: str
    """The event's lines."""
    unchanged: str
    """Those for a reader who has the part."""


def event(name: str, html: str, **others: str) -> FreshPart:
    """Return an event; of `others`, `at` tells when the part was made."""
    data = {"html": html, **others}
    return FreshPart(name, html, _lines(name, data), _lines(SAME, others.get("at", "")))


def _lines(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


Fresh = Callable[[], FreshPart]


def stream(
    request: Request, fresh: Fresh, *, may_go_on: Callable[[], bool] = lambda: True
) -> StreamingResponse:
    """Return the answer that goes on. `fresh` and `may_go_on` run on a thread."""
    events = _events(request, fresh, may_go_on)
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(
    request: Request, fresh: Fresh, may_go_on: Callable[[], bool]
) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    sent = ""
    for iteration in range(LASTS // EVERY):
        if await request.is_disconnected() or getattr(request.app.state, "stopping", False):
            return
        if iteration % CHECK_EVERY == CHECK_EVERY - 1 and not await run_in_threadpool(may_go_on):
            return
        now = await run_in_threadpool(fresh)
        if now.html != sent or now.name == AWAY:
            yield now.whole
            sent = now.html
        else:
            yield now.unchanged
        await asyncio.sleep(EVERY.total_seconds())
