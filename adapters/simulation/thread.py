"""A simulator in a thread of whatever uses it, where a process of its own costs too much."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Self

from adapters.simulation.faults import Faults
from adapters.simulation.ledger import Ledger
from adapters.simulation.partner import Partner
from adapters.simulation.serve import Simulation

_HOST = "127.0.0.1"


class SimulatorThread:
    """A running simulator. Use as a context manager: it serves from the beginning of the block."""

    def __init__(self, make: Callable[[Ledger, Faults], Partner], *, ledger: Path) -> None:
        self._make, self._ledger = make, ledger
        self._started: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._run, name="simulator")

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.port, self._loop, self._stop = self._started.result()
        except BaseException:
            self._thread.join()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _main(self) -> None:
        partner = self._make(Ledger(self._ledger), Faults(0))
        simulation = Simulation(partner, host=_HOST, port=0, control_port=0)
        await simulation.begin()
        stop = asyncio.Event()
        self._started.set_result((simulation.service.number, asyncio.get_running_loop(), stop))
        await stop.wait()
        await simulation.end()
