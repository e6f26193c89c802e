"""A second process that reads one half of a long chain, so that two processors work on it.

Run as a module it takes one order from its input, reads, tells now and then how far it is, and
prints what it found. The address of the database comes with the order and not as an argument,
because arguments are seen by every user of the machine.
"""

import os
import subprocess
import sys
import threading
from typing import Self

import msgspec

from hub.store.engine.store import Store
from hub.store.evidence.chain import CHAINS, Chain
from hub.store.evidence.reading import ChainReading, Row, page
from hub.texts import language_of, use_language

_REPORT_EVERY = 20_000


class RowOrder(msgspec.Struct, frozen=True):
    """What to read: the rows numbered `after` < number <= `upto`."""

    url: str
    chain: str
    after: int
    upto: int


class Half(msgspec.Struct, frozen=True):
    """How far it is; `over` when that is all, with what was wrong."""

    count: int
    last: int
    previous: str | None
    problems: list[str]
    left_out: int
    over: bool


class SecondReader:
    """The process, for the length of a block."""

    def __init__(self, url: str, chain: Chain, *, after: int, upto: int) -> None:
        self._order = RowOrder(url, chain.name, after, upto)
        self.progress: Half | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", __name__]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # how it ends is seen by what it found
        )
        self._thread = threading.Thread(target=self._listen, name="second", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._thread.join()
        self._process.wait()

    @property
    def count(self) -> int:
        """How many rows it has read so far."""
        return self.progress.count if self.progress else 0

    def found(self) -> Half | None:
        """Wait for the end; return what it found, None when it did not come to an end."""
        self._thread.join()
        return self.progress if self.progress and self.progress.over else None

    def _listen(self) -> None:
        pipes = self._process.stdin, self._process.stdout
        if pipes[0] is None or pipes[1] is None:
            return
        with pipes[0], pipes[1]:
            try:
                pipes[0].write(msgspec.json.encode(self._order))
                pipes[0].close()
                for line in pipes[1]:
                    self.progress = msgspec.json.decode(line, type=Half)
            except (OSError, msgspec.DecodeError):
                return  # it died: what it should have read is read by the first one


def _half(reading: ChainReading, *, over: bool) -> bytes:
    half = Half(
        reading.count, reading.last, reading.previous, reading.problems, reading.left_out, over
    )
    return msgspec.json.encode(half) + b"\n"


def main() -> None:
    """Take the order and carry it out."""
    use_language(language_of(os.environ))
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=RowOrder)
    (chain,) = (one for one in CHAINS if one.name == order.chain)
    reading = ChainReading(chain, last=order.after)

    def report_page(_rows: list[Row]) -> None:
        if reading.count % _REPORT_EVERY == 0:
            sys.stdout.buffer.write(_half(reading, over=False))
            sys.stdout.buffer.flush()

    store = Store(order.url, connections=1)
    try:
        with store.read(long=True) as tx:
            before = page(tx, chain, after=order.after - 1, upto=order.after)
            # Where it is missing, that is found by the reader of the half before.
            reading.previous = before[0][-1] if before else None
            reading.read(tx, order.upto, on_page=report_page)
    finally:
        store.close()
    sys.stdout.buffer.write(_half(reading, over=True))


if __name__ == "__main__":
    main()
