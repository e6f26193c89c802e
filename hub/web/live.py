"""A stream of server-sent events that keeps an open page fresh.

Something is sent every two seconds, so that either side notices a dead line: the part where it
changed, else that it did not. A stream ends after some minutes; the browser comes again by itself.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

EVERY = timedelta(seconds=2)
LASTS = timedelta(minutes=5)
CHECK_EVERY = 5
"""Rounds from one check whether the reader may go on to the next."""
PAGE, AWAY = "page", "away"
Fresh = Callable[[], tuple[str, Mapping[str, str]]]
"""The event's name, PAGE or AWAY, and its data; `html` is sent again only where it changed."""


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
        event, data = await run_in_threadpool(fresh)
        if data["html"] != sent or event == AWAY:
            yield f"event: {event}\ndata: {json.dumps(data)}\n\n"
            sent = data["html"]
        else:
            yield f"event: same\ndata: {json.dumps(data.get('at', ''))}\n\n"
        await asyncio.sleep(EVERY.total_seconds())
