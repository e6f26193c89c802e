"""What goes wrong in a run: a seeded row of disasters, each ended before the next, and a watch.

Recovery is measured where it shows: from the broker's or the line's return to the first message
that is handled or delivered after it.
"""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

import psycopg

from adapters.simulation.faults import CALLBACKS, Fault, FaultKind
from hub.failpoints import Point
from tests.chaos.stage import ROLES, Stage

ROLE_OF = {
    Point.ACCEPT_AFTER_COMMIT: "gateway",
    Point.BLOB_AFTER_WRITE: "gateway",
    Point.CALLBACK_BEFORE_REPLY: "gateway",
    Point.RELAY_AFTER_PUBLISH: "relay",
    Point.RECEIVE_AFTER_COMMIT: "receive",
    Point.TIMER_AFTER_COMMIT: "timer",
    Point.DELIVER_AFTER_CLAIM: "deliver",
    Point.DELIVER_AFTER_REPLY: "deliver",
    Point.DELIVER_AFTER_SETTLE: "deliver",
    Point.RECONCILE_AFTER_FIND: "reconcile",
}
WEATHER = (
    Fault(kind=FaultKind.DROP_AFTER_ACCEPT, probability=0.05),
    Fault(kind=FaultKind.LATE, probability=0.01, seconds=1.5),
    Fault(kind=FaultKind.TWICE, probability=0.02),
    Fault(kind=FaultKind.BUSY, probability=0.02, seconds=1),
    Fault(kind=FaultKind.HTML, probability=0.01),
    Fault(kind=FaultKind.CALLBACKS_DOUBLED, operations=(CALLBACKS,), probability=0.2),
    Fault(kind=FaultKind.CALLBACKS_REORDERED, operations=(CALLBACKS,), probability=0.2),
)
STRIKE_WITHIN = 4.0
NOTICED_WITHIN = 40.0


class Injector:
    """Brings disasters until told to stop; one thread."""

    def __init__(self, stage: Stage, *, seed: int, say: Callable[[str], None]) -> None:
        self.stage = stage
        self.say = say
        self.counts: Counter[str] = Counter()
        self.recovery: dict[str, list[float]] = {}
        """Seconds until the exchange went on, by kind."""
        self.stop = threading.Event()
        self._draw = random.Random(seed)
        self._thread = threading.Thread(target=self._run, name="injector", daemon=True)

    @property
    def kills(self) -> int:
        """How many processes were ended with SIGKILL."""
        roles = sum(role.deaths[-signal.SIGKILL] for role in self.stage.roles.values())
        return roles + self.counts["broker_killed"] + self.counts["database_killed"]

    def start(self) -> None:
        """Begin."""
        for partner in self.stage.partners.values():
            partner.set_faults(WEATHER)
        self._thread.start()

    def end(self) -> None:
        """Finish the disaster in hand and let the partners be well."""
        self.stop.set()
        self._thread.join()
        for partner in self.stage.partners.values():
            partner.clear_faults()

    def strike(self, kind: str) -> None:
        """Bring one disaster; returns when it is over."""
        self.say(kind)
        happened = _DISASTERS[kind](self)
        self.counts[kind] += int(happened)

    def _run(self) -> None:
        kinds = list(_DISASTERS)
        weights = [_WEIGHTS.get(kind, 1) for kind in kinds]
        while not self.stop.is_set():
            (kind,) = self._draw.choices(kinds, weights)
            self.strike(kind)
            self.stop.wait(self._draw.uniform(0.1, 0.6))

    # --- disasters: each tells whether it happened ------------------------------------------------

    def kill_role(self) -> bool:
        name = self._draw.choice(ROLES)
        done = self.stage.roles[name].kill()
        self.counts[f"killed.{name}"] += int(done)
        return done

    def kill_at_failpoint(self) -> bool:
        point = self._draw.choice(list(Point))
        role = self.stage.roles[ROLE_OF[point]]
        killed = role.deaths[-signal.SIGKILL]
        role.arm(f"{point}=kill@{self._draw.randint(1, 3)}")
        done = role.wait_killed(killed + 1, STRIKE_WITHIN)
        if not done:
            role.kill()  # nothing passed there: it goes without its failpoint
        self.counts[f"failpoint.{point}"] += int(done)
        return done

    def pause_role(self) -> bool:
        role = self.stage.roles[self._draw.choice(ROLES)]
        done = role.freeze()
        self.stop.wait(self._draw.uniform(0.5, 3))
        role.thaw()
        return done

    def kill_broker(self) -> bool:
        self.stage.node.kill()
        self.stop.wait(self._draw.uniform(0, 1))
        self.stage.node.start()
        self.counts["broker_killed"] += 1
        return self._watch("broker_restart")

    def kill_database(self) -> bool:
        self.stage.postgres.kill()
        self.stop.wait(self._draw.uniform(0, 1))
        self.stage.postgres.start()
        self.counts["database_killed"] += 1
        return self._watch("database_restart")

    def cut_lines(self) -> bool:
        name = self._draw.choice(list(self.stage.lines))
        self.stage.lines[name].cut()
        self.counts[f"cut.{name}"] += 1
        return True

    def half_open(self) -> bool:
        name = self._draw.choice(("broker", "province", "town"))
        line = self.stage.lines[name]
        before, began = line.accepted, time.monotonic()
        line.go_dead()
        self.counts[f"half_open.{name}"] += 1
        if name == "broker":
            while line.accepted == before and time.monotonic() - began < NOTICED_WITHIN:
                self.stop.wait(0.02)
                if self.stop.is_set():
                    return True
            self._record("half_open_noticed", time.monotonic() - began)
        return True

    def _watch(self, kind: str) -> bool:
        """Measure until something is handled or delivered that was not before."""
        began = time.monotonic()
        first = self._done()
        while self._done() <= first and time.monotonic() - began < NOTICED_WITHIN:
            if self.stop.wait(0.03):
                return True
        self._record(kind, time.monotonic() - began)
        return True

    def _record(self, kind: str, seconds: float) -> None:
        self.recovery.setdefault(kind, []).append(round(seconds, 2))

    def _done(self) -> int:
        address = self.stage.postgres.url.replace("+psycopg", "")
        with psycopg.connect(address, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM journal WHERE state = 'handled') + "
                "(SELECT count(*) FROM deliveries WHERE state = 'delivered')"
            ).fetchone()
        return int(row[0]) if row else 0


_DISASTERS: dict[str, Callable[[Injector], bool]] = {
    "role_killed": Injector.kill_role,
    "killed_at_a_failpoint": Injector.kill_at_failpoint,
    "role_stood_still": Injector.pause_role,
    "broker_killed_and_restarted": Injector.kill_broker,
    "database_killed_and_restarted": Injector.kill_database,
    "lines_cut": Injector.cut_lines,
    "lines_half_open": Injector.half_open,
}
_WEIGHTS = {"role_killed": 6, "killed_at_a_failpoint": 6, "role_stood_still": 2, "lines_cut": 2}
