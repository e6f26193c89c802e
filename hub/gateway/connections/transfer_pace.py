"""Large transfers yield to calls: while the event loop is busy, a transfer rests between pieces.

One loop serves all callers of a process. A file of a gigabyte comes and goes in thousands of
pieces, and each takes its turn like a call. Where the loop has nothing else to do, a transfer goes
as fast as its line.
"""

import asyncio
from datetime import timedelta

SHORT_ITERATION = timedelta(milliseconds=1)
"""A turn of the loop up to this length says that nobody waits."""
RESTS = 4
"""Turns for which a transfer rests: it takes a fifth of a busy loop at most."""
LONGEST_REST = timedelta(milliseconds=100)


async def yield_to_calls() -> None:
    """Return when the loop has served what waited, and after a rest if that took long."""
    loop = asyncio.get_running_loop()
    before = loop.time()
    await asyncio.sleep(0)
    iteration = loop.time() - before
    if iteration > SHORT_ITERATION.total_seconds():
        await asyncio.sleep(min(RESTS * iteration, LONGEST_REST.total_seconds()))
