"""Runs the measured programs in the stores, small and large in turn, and keeps what they found."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

import msgspec

from hub.runtime.clock import utc_now
from hub.store.archive.waiting_work import work_waits
from tests.benchmarks.growth.compared import compared
from tests.benchmarks.growth.order import Order, order_for
from tests.benchmarks.growth.questions import count, know
from tests.benchmarks.growth.stores.kept import ENGINES, LARGE, SMALL, Grown
from tests.benchmarks.place import ROOT

DOSSIERS = 2_000
"""Handed in by one hot trial."""
TIMEOUT = 600
Told = Callable[[str], None]
"""Hears what is under way."""


class Failed(RuntimeError):
    """A measured program ended badly. Holds the end of what it wrote."""


@dataclass(slots=True)
class Measured:
    """What was found in one store: by name, one value a round."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, found: dict[str, float]) -> None:
        """Note one round."""
        for name, value in found.items():
            self.values.setdefault(name, []).append(value)

    def of(self, name: str) -> float:
        """Return the median."""
        return median(self.values[name])


def measure_all(
    grown: tuple[Grown, ...], *, rounds: int, folder: Path, tell: Told
) -> dict[str, dict[str, dict[str, Measured]]]:
    """Return what was found, by engine, kind (hot, commands, archive) and size."""
    found = {
        engine: {kind: {SMALL: Measured(), LARGE: Measured()} for kind in KINDS}
        for engine in ENGINES
    }
    # The archive first: it gives way to fresh deliveries, and the hot path leaves some behind.
    for each in grown:
        tell(f"archive, {each.engine} {each.size}")
        found[each.engine][ARCHIVE][each.size].add(_archive(each, _new(folder)))
    # The first round warms both databases up and is not kept.
    for number in range(rounds + 1):
        for each in grown:
            told = f"{number} of {rounds}" if number else "warm-up"
            tell(f"hot path, {each.engine} {each.size}, {told}")
            order = order_for(each, _new(folder), f"T{time.time_ns() // 10**7}")
            hot = _run("hot_side", msgspec.structs.replace(order, dossiers=DOSSIERS))
            if number:
                found[each.engine]["hot"][each.size].add(hot)
    for number in range(rounds):
        for each in grown:
            tell(f"commands, {each.engine} {each.size}, {number + 1} of {rounds}")
            commands = found[each.engine]["commands"][each.size]
            with closing(each.open()) as store:
                known = know(store)
            order = order_for(each, _new(folder), "")
            asked = msgspec.structs.replace(order, commands=compared(known))
            commands.add(_run("command_side", asked))
            commands.add(_run("read_side", order))
            commands.add(_run("start_side", order))
    return found


ARCHIVE, DRY_RUN = "archive", "archive run --dry-run"
KINDS = ("hot", "commands", ARCHIVE)


def _archive(each: Grown, folder: Path) -> dict[str, float]:
    """Archive the oldest dossiers; return deliveries a second, of the dry run too.

    Raises Failed: nothing was archived, or the archive is not whole after it.
    """
    with closing(each.open()) as store:
        known, there = know(store), count(store)
        with store.read() as tx:
            if work_waits(tx, now=utc_now()):
                raise Failed(f"{each.data_dir} was worked on just now: try again in 5 minutes")
    before = f"{known.before:%Y-%m-%d}"
    order = order_for(each, folder, "")
    run = ["archive", "run", "--before", before]
    commands = {
        "archive holds": ["archive", "holds"],  # first, so that no import of modules is timed
        DRY_RUN: [*run, "--dry-run"],
        ARCHIVE: [*run, "--reason", "bench"],
        "archive verify": ["archive", "verify"],
    }
    found = _run("command_side", msgspec.structs.replace(order, commands=commands, times=0))
    with closing(each.open()) as store:
        gone = there - count(store)
    if not gone:
        raise Failed(f"hub {' '.join(run)} found nothing to archive in {each.data_dir}")
    return {name: gone / found[name] for name in (DRY_RUN, ARCHIVE)}


def _new(folder: Path) -> Path:
    return Path(mkdtemp(dir=folder))


def _run(module: str, order: Order) -> dict[str, float]:
    each = Grown(engine="", size="", data_dir=Path(order.data_dir), database_url=order.database_url)
    command = [sys.executable, "-m", f"tests.benchmarks.growth.{module}", str(order.write())]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=each.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
    )
    if ended.returncode:
        raise Failed(f"{module}: {ended.stdout.decode(errors='replace')[-2000:]}")
    found: dict[str, float] = json.loads(order.findings.read_bytes())
    return found
