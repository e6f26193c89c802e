"""Brings a seeded row of disasters, each ended before the next, and keeps the notebook.

Recovery is measured where it shows: from the return of what was away (from the leader's death,
where nothing has to return) to the first message, accepted since it began, that is handled.
"""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

import psycopg

from adapters.simulation.faults import CALLBACKS, Fault, FaultKind
from hub.runtime.failpoints import Point
from tests.chaos.faults.disasters import DISASTERS, NOTICED_WITHIN, WEIGHTS
from tests.chaos.faults.struck import ROLE_OF, owed
from tests.chaos.stage import Stage

FAULTS = (
    Fault(kind=FaultKind.DROP_AFTER_ACCEPT, probability=0.05),
    Fault(kind=FaultKind.LATE, probability=0.02, seconds=1.5),
    Fault(kind=FaultKind.TWICE, probability=0.02),
    Fault(kind=FaultKind.BUSY, probability=0.02, seconds=1),
    Fault(kind=FaultKind.HTML, probability=0.01),
    Fault(kind=FaultKind.CALLBACKS_DOUBLED, operations=(CALLBACKS,), probability=0.2),
    Fault(kind=FaultKind.CALLBACKS_REORDERED, operations=(CALLBACKS,), probability=0.2),
)
"""5 % accepted then dropped; late replies come after those to later calls; doubled, reordered."""


IDLE = 40
"""Looks in a row at which the hub has nothing to do."""


class Injector:
    """Brings disasters until told to stop; one thread. `may` holds it back while it is clear."""

    def __init__(self, stage: Stage, *, seed: int, say: Callable[[str], None]) -> None:
        self.stage = stage
        self.emit = say
        self.counts: Counter[str] = Counter()
        self.recovery: dict[str, list[float]] = {}
        """Seconds until the exchange went on, or until it was noticed, by kind."""
        self.problems: list[str] = []
        self.stop = threading.Event()
        self.may = threading.Event()
        self.may.set()
        self.watching = threading.Event()
        """A recovery is measured: something has to be handed in, whatever else holds it back."""
        self.owed_only = threading.Event()
        """The time is over: only steps are struck without which the run proves nothing."""
        self.draw = random.Random(seed)
        self._deck: list[Point] = []
        first = [*DISASTERS, *["killed_at_a_failpoint"] * (len(ROLE_OF) - 1)]
        self._row = self.draw.sample(first, len(first))
        """Each kind, and each failpoint, comes once before chance decides."""
        self._thread = threading.Thread(target=self._run, name="injector", daemon=True)

    @property
    def kills(self) -> int:
        """How many processes were ended with SIGKILL."""
        roles = sum(role.deaths[-signal.SIGKILL] for role in self.stage.roles.values())
        return roles + self.counts["broker_node_killed"] + self.counts["database_killed"]

    @property
    def struck(self) -> dict[str, int]:
        """How often a role was killed at each named step."""
        return {str(point): self.counts[f"failpoint.{point}"] for point in ROLE_OF}

    def start(self) -> None:
        """Begin."""
        for partner in self.stage.partners.values():
            partner.set_faults(FAULTS)
        self._thread.start()

    def end(self) -> None:
        """Finish the disaster in hand and let the partners be well."""
        self.stop.set()
        self.may.set()
        self._thread.join()
        for partner in self.stage.partners.values():
            partner.clear_faults()

    def strike(self, kind: str) -> None:
        """Bring one disaster; returns when it is over."""
        self.emit(kind.replace("_", " "))
        happened = DISASTERS[kind](self)
        self.counts[kind] += int(happened)

    def next_point(self) -> Point:
        """Return a failpoint; every one has its turn before one has its second."""
        if self.owed_only.is_set() and (points := owed(self.struck)):
            return self.draw.choice(points)
        if not self._deck:
            self._deck = self.draw.sample(list(ROLE_OF), len(ROLE_OF))
        return self._deck.pop()

    def try_again(self, point: Point) -> None:
        """Nothing passed there in time: it has its turn once more, last of its round."""
        if not self.counts[f"failpoint.{point}"]:
            self._deck.insert(0, point)

    def _next_kind(self) -> str:
        if self.owed_only.is_set():
            return "killed_at_a_failpoint"
        if self._row:
            return self._row.pop()
        (kind,) = self.draw.choices(list(WEIGHTS), list(WEIGHTS.values()))
        return kind

    def _run(self) -> None:
        while not self.stop.is_set():
            self.may.wait()
            kind = self._next_kind()
            try:
                self.strike(kind)
            except Exception as error:
                # A disaster that cannot be brought must be seen, and must not end the others.
                self.problems.append(f"{kind}: {error!r}"[:300])
            self.emit("")
            self.stop.wait(self.draw.uniform(0.1, 0.5))

    # --- the notebook -----------------------------------------------------------------------------

    def watch(self, kind: str, *, since: int) -> None:
        """Measure until something that was accepted after `since` has been through the broker."""
        self.watching.set()
        try:
            began, idle = time.monotonic(), 0
            while time.monotonic() - began < NOTICED_WITHIN:
                if self._goes_on(since):
                    break
                idle = 0 if self.stage.unsettled() else idle + 1
                if self.stop.wait(0.03) or idle > IDLE:
                    return  # nothing is left to be done, so nothing can be measured
            self.record(kind, time.monotonic() - began)
        finally:
            self.watching.clear()

    def record(self, kind: str, seconds: float) -> None:
        """Write down how long something took."""
        self.recovery.setdefault(kind, []).append(round(seconds, 2))

    def now(self) -> int:
        """Return the present time in the store's microseconds."""
        return int(time.time() * 1_000_000)

    def _goes_on(self, since: int) -> bool:
        # Up to now: what was accepted while the hub's clock was ahead proves nothing.
        address = self.stage.postgres.url.replace("+psycopg", "")
        with psycopg.connect(address, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT 1 FROM journal WHERE state = 'handled' AND recorded_at BETWEEN %s AND %s "
                "LIMIT 1",
                (since, self.now()),
            ).fetchone()
        return row is not None
