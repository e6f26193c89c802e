"""Runs a partner's callbacks on threads of their own, so that slow ones stop nobody else.

Intake, files and /health share the pool of the web server. A partner's callbacks do not: they get a
few threads, some more may wait for one, and what comes beyond that is told to come again.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fastapi import HTTPException

from hub.gateway.error_responses import AGAIN_AFTER
from hub.texts import both

AnswerT = TypeVar("AnswerT")
THREADS = 8
"""More than the reports whose files a partner's adapter waits for at once."""
WAITING = 64
"""Callbacks that may be under way, those that wait for a thread included."""


class CallbackThreads:
    """The threads of one gateway's callbacks; used on the event loop."""

    def __init__(self, *, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="callbacks")
        self._most = waiting
        self._under_way = 0

    async def run(self, work: Callable[[], AnswerT]) -> AnswerT:
        """Return what `work` returns; raises HTTPException 503 when too many are under way."""
        if self._under_way >= self._most:
            problem = {"code": "callbacks_busy", "message": both("gateway.busy").vi}
            raise HTTPException(503, detail=problem, headers=AGAIN_AFTER)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1
