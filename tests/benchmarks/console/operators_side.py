"""Twenty operators: each has the overview open, fresh by its events, and asks for one page after
the other. Runs until told to stop; then it leaves how long each page took.
"""

import asyncio
import signal
import time
from contextlib import suppress

import httpx
import msgspec

from tests.benchmarks.console.operators import EACH, OPERATORS, Looking, give_way, given
from tests.support.console import NO_TLS


async def look_on(browser: httpx.AsyncClient) -> None:
    """Keep the overview fresh; come again where a stream ends, as a browser does."""
    while True:
        with suppress(httpx.TransportError):
            async with browser.stream("GET", "/live/overview/hour") as events:
                events.raise_for_status()
                async for _ in events.aiter_bytes():
                    pass
        await asyncio.sleep(3)


async def ask(browser: httpx.AsyncClient, order: Looking, nth: int, seen: list[float]) -> None:
    """Ask for one page after the other, each operator beginning with another one."""
    await asyncio.sleep(EACH * nth / OPERATORS)
    place = nth * 7
    while True:
        begun = time.perf_counter()
        answer = await browser.get(order.paths[place % len(order.paths)])
        taken = time.perf_counter() - begun
        if answer.status_code not in (200, 303):
            raise RuntimeError(f"{answer.url}: {answer.status_code}")
        seen.append(taken * 1000)
        place += 1
        await asyncio.sleep(max(0.0, EACH - taken))


async def main() -> None:
    """Look until told to stop."""
    order, stop, seen = given(Looking), asyncio.Event(), list[float]()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    limits = httpx.Limits(max_connections=3 * OPERATORS)
    async with httpx.AsyncClient(
        base_url=order.url,
        headers={"cookie": order.cookie},
        limits=limits,
        timeout=30,
        verify=NO_TLS,
    ) as browser:
        work: list[asyncio.Task[None]]
        work = [asyncio.create_task(look_on(browser)) for _ in range(OPERATORS)]
        work += [asyncio.create_task(ask(browser, order, n, seen)) for n in range(OPERATORS)]
        ended = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait({ended, *work}, return_when=asyncio.FIRST_COMPLETED)
        for task in work:
            task.cancel()
        for gone in done - {ended}:
            gone.result()  # an operator who cannot go on ends the measurement
    order.seen.write_bytes(msgspec.json.encode(sorted(seen)))


if __name__ == "__main__":
    give_way()
    asyncio.run(main())
