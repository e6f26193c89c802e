"""How fast the hub delivers to the simulator while nobody looks, and while twenty operators look.

The hub is that of the deliver benchmark, over the large store; the console is a process of its own.
Trials with and without operators take turns. What was delivered stays in the store.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

import httpx
import msgspec

from adapters.provincial.simulator import PASSWORD, USERNAME
from adapters.simulation.process import SimulatorProcess
from hub.drill.sandbox.loopback import free_port
from hub.drill.sandbox.supervised import SupervisedProcess
from hub.rules.users.rights import UserRole
from hub.store.engine.store import Store
from tests.benchmarks.console.operators import OPERATORS, Looking
from tests.benchmarks.console.pages import Times, asked, open_sessions
from tests.benchmarks.deliver.course import province_of
from tests.benchmarks.deliver.order import Order
from tests.benchmarks.growth.stores.kept import Grown
from tests.benchmarks.place import Place, open_place
from tests.benchmarks.progress import Bar
from tests.benchmarks.running import Report, Stuck, running, watch
from tests.benchmarks.stamps import pace
from tests.support.console import NO_TLS

DELIVERIES, WARM_UP = 10_000, 1_000
SERIES = count(60)
"""Dossier numbers beyond those of the copies in the store."""
STARTS_WITHIN = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """What was found on one database."""

    calm: list[float]
    """Deliveries a second, a value a trial."""
    looked_at: list[float]
    pages: Times
    """How long the operators' pages took meanwhile."""

    @property
    def ratio(self) -> float:
        """What is left of the deliveries a second."""
        return round(median(self.looked_at) / median(self.calm), 3)


def measure_working(grown: Grown, store: Store, rounds: int) -> Working:
    """Deliver in turn without and with operators."""
    calm: list[float] = []
    looked_at: list[float] = []
    seen: list[float] = []
    with (
        open_place("console") as place,
        province_of(place.directory) as province,
        _console(place, grown, store) as looking,
        Bar() as bar,
    ):
        for number in range(rounds + 1):
            for rates, title in ((calm, "nobody looks"), (looked_at, f"{OPERATORS} operators")):
                name = f"{grown.engine}, round {number} of {rounds}: {title}"
                with bar.line(name) as line:
                    if rates is calm:
                        line.rate = _trial(place, province, grown, line.report)
                    else:
                        with _operators(place, looking, seen):
                            line.rate = _trial(place, province, grown, line.report)
                if number:  # the first round warms up
                    rates.append(line.rate)
    return Working(calm=calm, looked_at=looked_at, pages=Times(tuple(sorted(seen))))


def _trial(place: Place, province: SimulatorProcess, grown: Grown, report: Report) -> float:
    folder, total = place.folder("hub"), WARM_UP + DELIVERIES
    before = province.ledger()["dossiers"]
    with place.vhost(folder.name) as url:
        order = Order(
            folder=str(folder),
            count=total,
            series=next(SERIES),
            province_url=province.url,
            username=USERNAME,
            password=PASSWORD,
            broker_url=url,
            management_url=place.rabbit.management_url,
            data_dir=str(grown.data_dir),
            database_url=grown.database_url,
        )
        command = _command("tests.benchmarks.deliver.hub_side", order.write())
        with running(command, folder=folder, environment={}) as process:
            watch(order.stamps, total, process=process, log=folder / "log", report=report)
    registered = province.ledger()["dossiers"] - before
    if registered != total:
        raise Stuck(f"{total} delivered, {registered} registered", folder / "log")
    return pace(order.stamps, warm_up=WARM_UP).rate


@contextmanager
def _console(place: Place, grown: Grown, store: Store) -> Iterator[Looking]:
    """Run the console; give what its operators look at."""
    folder = place.folder("console")
    looking = Looking(
        folder=str(folder),
        data_dir=str(grown.data_dir),
        database_url=grown.database_url,
        port=free_port(),
        paths=tuple(
            it.path
            for it in asked(store).values()
            if not it.until and it.form is None and it.who is UserRole.HEAD and it.path != "/queues"
        ),
        cookie=open_sessions(store)[UserRole.HEAD],
    )
    command = _command("tests.benchmarks.console.console_side", looking.write())
    with running(command, folder=folder, environment={}) as process:
        _wait_for(looking, process, folder / "log")
        yield looking


def _wait_for(looking: Looking, process: SupervisedProcess, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.alive:
        try:
            httpx.get(looking.url + "/sign-in", verify=NO_TLS)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise Stuck("the console did not start", log)


@contextmanager
def _operators(place: Place, looking: Looking, seen: list[float]) -> Iterator[None]:
    """Have the operators look; add how long their pages took."""
    folder = place.folder("operators")
    order = msgspec.structs.replace(looking, folder=str(folder))
    command = _command("tests.benchmarks.console.operators_side", order.write())
    with running(command, folder=folder, environment={}):
        yield
    if not order.seen.exists():
        raise Stuck("the operators did not look to the end", folder / "log")
    seen += msgspec.json.decode(order.seen.read_bytes(), type=list[float])


def _command(module: str, order: Path) -> list[str]:
    return [sys.executable, "-m", module, str(order)]
