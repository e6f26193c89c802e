"""One transaction for what many callers of one event loop hand in at once.

While one batch is being written on a thread, new callers queue up and form the next; nobody waits
for a timer. When a batch fails, its items are tried one by one, so that one bad item harms nobody;
where the failure is none of theirs, all of them get it. `script/bench gateway` pays for it.
`hub.exchange.intake.group_commit` does the same for threads; this one needs no thread of its own.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from fastapi.concurrency import run_in_threadpool

ItemT = TypeVar("ItemT")
AnswerT = TypeVar("AnswerT")
LARGEST = 256
"""Items in one transaction."""


class SharedCommit(Generic[ItemT, AnswerT]):
    """Makes of `work(items) -> answers` (one transaction) `await answer(item)`."""

    def __init__(
        self,
        work: Callable[[Sequence[ItemT]], Sequence[AnswerT]],
        *,
        concerns_all: Callable[[Exception], bool],
    ) -> None:
        """`concerns_all`: whether an error would meet every item of the batch, tried alone."""
        self._work = work
        self._concerns_all = concerns_all
        self._queue: list[tuple[ItemT, asyncio.Future[AnswerT]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def answer(self, item: ItemT) -> AnswerT:
        """Return the answer to an item after the commit, or raise its error.

        A caller that is cancelled leaves its item where it is: it may be written.
        """
        answer: asyncio.Future[AnswerT] = asyncio.get_running_loop().create_future()
        self._queue.append((item, answer))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        return await answer

    async def _write_all(self) -> None:
        while self._queue:
            batch, self._queue = self._queue[:LARGEST], self._queue[LARGEST:]
            try:
                await self._write(batch)
            finally:  # a stop of the loop in the middle: nobody may wait for ever
                for _, answer in batch:
                    answer.cancel()

    async def _write(self, batch: Sequence[tuple[ItemT, "asyncio.Future[AnswerT]"]]) -> None:
        try:
            answers = await run_in_threadpool(self._work, [item for item, _ in batch])
        except Exception as error:
            if len(batch) == 1 or self._concerns_all(error):
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                return
            for pair in batch:
                await self._write([pair])
            return
        for (_, answer), given in zip(batch, answers, strict=True):
            if not answer.done():
                answer.set_result(given)
