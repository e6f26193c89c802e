"""The course of the stores benchmark: every role on every store, round by round."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.drill.sandbox.supervised import SupervisedProcess
from hub.store.engine.store import Store
from hub.store.schema.migrate import migrate
from tests.benchmarks.place import scratch
from tests.benchmarks.progress import Bar
from tests.benchmarks.result import Result
from tests.benchmarks.running import GIVE_UP_AFTER, Report, Stuck, running, watch
from tests.benchmarks.stamps import pace
from tests.benchmarks.stores.order import Order
from tests.support.services import postgres_service

ROLES = ("accept", "receive", "deliver")
MEASURED, WARM_UP = 8_000, 1_000
"""Messages of a process."""
TEMPLATE = "migrated"

NOTES = (
    "accept: 40 callers, each waits for its answer. receive: the ward's records; of four messages "
    "one opens a dossier, of four dossiers one goes to the town. deliver: a lane each, 8 threads.\n"
    "Real roles; the queue is in the process and the partner answers at once, so that what differs "
    "is the store. PostgreSQL on the same machine, by TCP, synchronous_commit on.\n"
    "Two processes: each has a CPU and messages of its own, one database; both ring through it.\n"
    "trips: ways to PostgreSQL and back for a thousand messages, BEGIN and COMMIT included."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A store, and how many processes of a role work on it."""

    name: str
    postgresql: bool
    processes: int


SQLITE = Side(name="sqlite", postgresql=False, processes=1)
ONE = Side(name="postgresql", postgresql=True, processes=1)
TWO = Side(name="postgresql_two", postgresql=True, processes=2)
SIDES = (SQLITE, ONE, TWO)


@dataclass(slots=True)
class Scores:
    """What was measured so far, by role and side."""

    rates: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    trips: dict[tuple[str, str], float] = field(default_factory=dict)

    def rate(self, role: str, side: Side) -> float:
        """Return the median of the rounds, messages a second."""
        return round(median(self.rates[role, side.name]), 1)


def measure(rounds: int) -> Result:
    """Run the whole course."""
    scores = Scores()
    with (
        scratch("stores") as directory,
        postgres_service(directory / "postgres") as server,
        Bar() as bar,
    ):
        empty = Store(server.create_database(TEMPLATE))
        migrate(empty)
        empty.close()
        for number in range(1, rounds + 1):
            for role in ROLES:
                for side in SIDES:
                    title = f"round {number} of {rounds}: {role}, {side.name}"
                    with bar.line(title) as line:
                        trial = _Trial(
                            directory, server, role, side, f"{role}_{side.name}_{number}"
                        )
                        line.rate = trial.run(line.report)
                    scores.rates.setdefault((role, side.name), []).append(line.rate)
                    scores.trips[role, side.name] = trial.trips()
    return _result(scores)


@dataclass(frozen=True, slots=True)
class _Trial:
    directory: Path
    server: PrivatePostgres
    role: str
    side: Side
    name: str

    def run(self, report: Report) -> float:
        """Measure once; return messages a second. Raises Stuck when a process stops."""
        with self._database() as url, ExitStack() as stack:
            place = self.directory / self.name
            orders = [self._order(place, url, process) for process in range(self.side.processes)]
            processes = [self._prepare(stack, order) for order in orders]
            orders[0].start.touch()
            total = (MEASURED + WARM_UP) * len(orders)
            log = Path(orders[0].folder) / "log"
            watch(orders[0].stamps, total, process=processes[0], log=log, report=report)
        return pace(orders[0].stamps, warm_up=WARM_UP * len(orders)).rate

    def trips(self) -> float:
        """Return the ways to the server for a thousand messages."""
        place = self.directory / self.name
        counts = [int(path.read_text(encoding="ascii")) for path in place.glob("*/trips")]
        return round(sum(counts) * 1_000 / ((MEASURED + WARM_UP) * len(counts)), 1)

    @contextmanager
    def _database(self) -> Iterator[str]:
        place = self.directory / self.name
        place.mkdir()
        if self.side.postgresql:
            yield self.server.create_database(self.name, template=TEMPLATE)
            self.server.drop_database(self.name)
            return
        url = f"sqlite:///{place}/hub.db"
        store = Store(url)
        migrate(store)
        store.close()
        yield url

    def _order(self, place: Path, url: str, process: int) -> Order:
        folder = place / str(process)
        folder.mkdir()
        return Order(
            folder=str(folder),
            stamps_in=str(place),
            role=self.role,
            database=url,
            process=process,
            alone=self.side.processes == 1,
            count=MEASURED + WARM_UP,
        )

    def _prepare(self, stack: ExitStack, order: Order) -> SupervisedProcess:
        folder = Path(order.folder)
        command = [sys.executable, "-m", "tests.benchmarks.stores.side", str(order.write())]
        process = stack.enter_context(running(command, folder=folder, environment={}))
        since = time.monotonic()
        while not order.ready.exists():
            if not process.alive or time.monotonic() - since > GIVE_UP_AFTER:
                raise Stuck(f"{self.role} was not prepared", folder / "log")
            time.sleep(0.05)  # as in `watch`
        return process


def _result(scores: Scores) -> Result:
    figures: dict[str, float] = {}
    rows = []
    for role in ROLES:
        one, two = scores.rate(role, ONE), scores.rate(role, TWO)
        share = round(one / scores.rate(role, SQLITE), 2)
        gain = round(two / one, 2)
        figures |= {f"{role}_{side.name}": scores.rate(role, side) for side in SIDES}
        figures |= {f"{role}_of_sqlite": share, f"{role}_two_of_one": gain}
        rates = [f"{scores.rate(role, side):,.0f}" for side in SIDES]
        trips = f"{scores.trips[role, ONE.name]:,.0f}"
        rows.append((role, *rates, f"{share:.2f}", f"{gain:.2f}", trips))
    return Result(
        title="Stores: messages a second by role",
        figures=figures,
        columns=("", "SQLite", "PostgreSQL", "two of it", "of SQLite", "two of one", "trips"),
        rows=tuple(rows),
        notes=tuple(NOTES.splitlines()),
        details={
            "rounds": {
                f"{role}_{side}": [round(rate, 1) for rate in rates]
                for (role, side), rates in scores.rates.items()
            },
            "trips": {f"{role}_{side}": trips for (role, side), trips in scores.trips.items()},
            "messages": MEASURED,
        },
    )
