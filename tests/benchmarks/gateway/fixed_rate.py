"""Statuses at a fixed rate, and how late their answers come: h2load.

h2load sends one body, and each of its clients walks the same list of addresses. So there are 32
processes with one connection each, each with a list of its own. A request counts from the moment
when it was due, not from when it was sent: a request that had to wait for the answer to the one
before on its connection counts with that wait. One that was due and never answered counts with the
time up to the end.
"""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from tests.benchmarks.gateway.programs import program
from tests.benchmarks.gateway.sides import STATUS, Side
from tests.benchmarks.running import Stuck

CLIENTS = 32


@dataclass(slots=True)
class FixedRate:
    """A load at a fixed rate, under way or ended."""

    folder: Path
    per_second: float
    each: int
    """Requests of a client; after them it has ended."""
    clients: int = CLIENTS
    ended: float = 0.0
    """Seconds since 1970, as in the logs; 0 while it runs."""

    def delays(self, start: float, end: float) -> list[float]:
        """Return the delays, in ms, of the requests that were due between two times.

        Raises Stuck for an answer that is not 2xx, and where a client sent nothing.
        """
        found: list[float] = []
        for number in range(self.clients):
            lines = _read(self.folder / f"{number}.log")
            if not lines:
                raise Stuck("a client of h2load sent nothing", self.folder / f"{number}.out")
            if bad := [status for _, status, _ in lines if not 200 <= status < 300]:
                why = f"{len(bad)} of {len(lines)} answers were refusals, the first {bad[0]}"
                raise Stuck(why, self.folder / f"{number}.out")
            found += self._delays(lines, start, end)
        return found

    def _delays(
        self, lines: Sequence[tuple[float, int, float]], start: float, end: float
    ) -> Iterator[float]:
        """Yield the delays of one client; its requests are due one period after the other."""
        period = self.clients / self.per_second
        for nth in range(self.each):
            due = lines[0][0] + nth * period
            if not start <= due <= end:
                continue
            if nth < len(lines):
                sent, _, took = lines[nth]
                # Its timer may be early by a part of a period; early is no merit.
                yield (sent + took - min(due, sent)) * 1000
            else:
                yield max(0.0, self.ended - due) * 1000

    @property
    def answers(self) -> int:
        """How many were answered."""
        return sum(len(_read(self.folder / f"{n}.log")) for n in range(self.clients))


def _read(place: Path) -> list[tuple[float, int, float]]:
    """Return (sent, status, seconds until the answer) of each answer, in their order."""
    if not place.exists():
        return []
    whole, _, _ = place.read_text(encoding="ascii").rpartition("\n")
    split = (line.split("\t") for line in whole.splitlines())
    return [(int(sent) / 1e6, int(status), int(took) / 1e6) for sent, status, took in split]


@contextmanager
def load(
    side: Side, folder: Path, *, per_second: float, seconds: int, series: int
) -> Iterator[FixedRate]:
    """Send statuses while the block runs, at most so many seconds; end it at the end."""
    folder.mkdir()
    each = int(per_second / CLIENTS * seconds) + 1
    for number in range(CLIENTS):
        _write_addresses(folder / f"{number}.uris", side, f"{series:03}.{number:02}", each)
    made, clients = FixedRate(folder, per_second, each), []
    with ExitStack() as stack:
        for number in range(CLIENTS):
            command = _command(side, folder, number, per_second, each)
            output = stack.enter_context((folder / f"{number}.out").open("wb"))
            client = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
            stack.callback(_end, client)
            clients.append(client)
            # Not all at the same moment: each has its turn at a time of its own in the period.
            time.sleep(1 / per_second)
        try:
            yield made
        finally:
            for client in clients:
                client.kill()
            made.ended = time.time()


def _write_addresses(place: Path, side: Side, agency: str, count: int) -> None:
    """Write the list of one client: a dossier of its own for each request."""
    address = f"{side.url}{STATUS.path}\n"
    numbers = (f"{agency}.01.H57-180806-{n:06}" for n in range(count))
    place.write_text("".join(address.replace("@NUMBER@", it) for it in numbers), encoding="ascii")


def _command(side: Side, folder: Path, number: int, per_second: float, each: int) -> list[str]:
    assert side.key_file is not None
    key = side.key_file.read_text(encoding="ascii")
    return [
        *(program("h2load"), "--h1", "-c1", "-t1", "-m1", f"-n{each}"),
        *(f"--rps={per_second / CLIENTS:.4f}", f"--input-file={folder}/{number}.uris"),
        *(f"--data={STATUS.body}", f"--log-file={folder}/{number}.log"),
        *("-H", f"Content-Type: {STATUS.media_type}", "-H", f"Authorization: Bearer {key}"),
    ]


def _end(client: "subprocess.Popen[bytes]") -> None:
    client.kill()
    client.wait()


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
