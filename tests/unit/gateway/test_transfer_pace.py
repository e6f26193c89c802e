"""A large transfer rests while others wait for the loop, and not otherwise."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hub.gateway.connections.transfer_pace import yield_to_calls
from hub.gateway.downloads import paced


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time passes when it is told to; its rests are written down."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.rests: list[float] = []

    def time(self) -> float:
        """Return the time as it was set."""
        return self.now

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *arguments: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """Note the delay and do not wait for it."""
        self.rests.append(delay)
        return super().call_later(0, callback, *arguments, context=context)

    def work(self, seconds: float) -> None:
        """Do what takes so long."""
        self.now += seconds


@pytest.mark.parametrize(
    ("seconds", "rests"), [(0.0, []), (0.001, []), (0.02, [pytest.approx(0.08)]), (5.0, [0.1])]
)
def test_a_transfer_rests_longer_the_longer_others_work(seconds: float, rests: list[float]) -> None:
    """A quiet loop costs it nothing, and a rest has an end."""
    loop = Loop()

    async def transfer() -> None:
        loop.call_soon(loop.work, seconds)
        await yield_to_calls()

    loop.run_until_complete(transfer())
    loop.close()
    assert loop.rests == rests


def test_a_paced_file_is_whole() -> None:
    """Each piece comes once, in order."""

    async def read() -> list[bytes]:
        return [piece async for piece in paced([b"a", b"b", b"c"])]

    assert asyncio.run(read()) == [b"a", b"b", b"c"]
