"""A line to a partner that loses and delays replies, by a seed, after the work was done.

The first byte of a reply decides: it passes, it is late, or the line is cut and nothing of it comes
through. Now and then the line is cut under a request.
"""

import random
import socket
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass

from tests.support.network.tcp_proxy import BLOCK, TcpProxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How many of all replies are lost or late, and of all requests cut; each from 0 to 1."""

    lost: float = 0.06
    late: float = 0.03
    cut: float = 0.02

    def by_fate(self) -> dict[str, float]:
        """Return them by the name under which they are counted."""
        return asdict(self)


USUAL = Shares()


class UnreliableLine(TcpProxy):
    """A proxy that does to every so many-th reply what its seed says."""

    def __init__(
        self, port: int, *, seed: int, shares: Shares = USUAL, late_by: float = 1.2
    ) -> None:
        self.fates: Counter[str] = Counter()
        """What became of requests and replies."""
        self._draw = random.Random(seed)
        self._shares = shares.by_fate()
        self._late_by = late_by
        self._asked: set[socket.socket] = set()
        """Servers that have been asked and have not begun to answer."""
        self._ended = threading.Event()
        super().__init__("127.0.0.1", port)

    def calm(self) -> None:
        """From now on lose, delay and cut nothing."""
        self._shares = dict.fromkeys(self._shares, 0.0)

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        super().__exit__(*exception)

    def _drawn(self, *fates: str) -> str:
        point = self._draw.random()
        for fate in fates:
            point -= self._shares[fate]
            if point < 0:
                self.fates[fate] += 1
                return fate
        return "passed"

    def _pump(self, source: socket.socket, target: socket.socket, replies: bool) -> None:
        with suppress(OSError):
            while block := source.recv(BLOCK):
                if replies and source in self._asked:
                    self._asked.discard(source)
                    fate = self._drawn("lost", "late")
                    if fate == "lost":
                        break
                    if fate == "late":
                        self._ended.wait(self._late_by)
                elif not replies and target not in self._asked:
                    self._asked.add(target)
                    if self._drawn("cut") == "cut":
                        target.sendall(block[: len(block) // 2])
                        break
                target.sendall(block)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
