"""How much of each operation of a destination may go out now: circuits and maintenance windows.

It lives in memory; each process has its own, and any thread may call it. It holds the circuit of
each operation and knows the partner's windows; `quotas` reports to it a quota that is used up. It
decides by `hub/rules/calls/circuit.py` and `hub/rules/calls/call_limits.py` and writes nothing: see
`pause_registry`. While nothing is paused and the partner has no windows, a call costs two locks.

The probe is a real delivery, not `ping()`: the circuits are by operation, and that the province
logs us in says nothing of whether it registers dossiers. A failed probe costs one attempt a pause.
"""

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.rules.calls import call_limits
from hub.rules.calls import circuit as rules
from hub.rules.calls.call_limits import CallLimits, ClosedPeriod, Quota
from hub.rules.calls.circuit import Circuit, Phase, Signal
from hub.rules.failures.errors import FAULTS, DeliveryFailure
from hub.store.deliveries.pauses import Pause
from hub.texts import Text, both

GRACE = timedelta(seconds=15)
"""How long a pause holds after its end, when nothing more is written about it; on top of the time
that a call may take."""
AT_ONCE = timedelta(milliseconds=1)
"""How long a delivery waits that only lost its permit."""
LONGEST_WAIT = timedelta(seconds=3)
"""The longest wait for work; a pause or a window that begins meanwhile is noticed by then."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much may be taken from the queue now."""

    width: int | None
    """Deliveries in hand at once; None for as many as ever, 0 when everything is paused."""
    until: datetime | None = None
    """When something that is paused now may go at the earliest."""
    retry_after: timedelta | None = None
    """How long nothing has to come of a probe until the next one; None where nothing is probed."""

    def wait(self, now: datetime) -> timedelta:
        """Return how long to wait for work before the capacity is asked for again."""
        waits = [LONGEST_WAIT]
        if self.retry_after is not None:
            waits.append(self.retry_after)
        if self.until is not None:
            waits.append(self.until - now)
        return max(timedelta(milliseconds=1), min(waits))


UNLIMITED = Capacity(None)


class Permit(NamedTuple):
    """What a claimed delivery is counted as, from its claim to the end of its call."""

    operation: str
    generation: int
    """Of the operation's circuit; a call of an earlier one does not count any more."""


@dataclass(slots=True)
class _Operation:
    circuit: Circuit = field(default_factory=Circuit)
    under_way: int = 0
    """Claimed and not ended, of the present generation."""
    window: ClosedPeriod | None = None
    spent: ClosedPeriod | None = None
    """The quota that is used up."""
    by_person: ClosedPeriod | None = None
    """A person's pause."""

    def stop(self, now: datetime, *, counted: bool = False) -> datetime | None:
        """Return until when nothing goes out, None when something may.

        What was `counted` when it was claimed has its place in the quota, also the last one, and
        is finished where a person drains.
        """
        drained = counted and self.by_person is not None and self.by_person.drains
        by_person = None if drained else self.by_person
        closed = (self.window, by_person, None if counted else self.spent)
        stops = [it.until for it in closed if it and it.until > now]
        if self.circuit.phase is Phase.OPEN and self.circuit.until:
            stops.append(self.circuit.until)
        return max(stops, default=None)


class Circuits:
    """Those of one destination; any thread may call its methods."""

    def __init__(
        self,
        destination: str,
        operations: Sequence[str],
        policy: rules.CircuitPolicy,
        *,
        limits: CallLimits | None = None,
        longest_call: timedelta = timedelta(seconds=35),
        draw: random.Random,
    ) -> None:
        self.destination = destination
        self.policy = policy
        self.limits = (limits or CallLimits()).of(destination)
        self.holds = longest_call + GRACE
        self.retry_after = min(timedelta(seconds=1), policy.first_pause)
        """How long nothing has to come of a probe until the next one."""
        self._longest = max(policy.longest_pause, policy.longest_wish)
        self._draw = draw
        self._lock = threading.Lock()
        self._operations = {name: _Operation() for name in operations}
        self._calm = not self.limits.windows
        """Nothing is paused or on its way back, and no clock can change that."""

    def adopt(self, posted: Sequence[Pause]) -> None:
        """Go on with the openings that an earlier process left: a restart is no reason to call."""
        with self._lock:
            for pause in posted:
                operation = self._operations.get(pause.operation)
                if operation is None or pause.kind != "circuit":
                    continue
                operation.circuit = Circuit(
                    phase=Phase.OPEN,
                    trip_count=pause.openings,
                    since=pause.since,
                    until=pause.until,
                    opened=max(pause.since, pause.until - self._longest),
                    code=pause.code,
                    generation=operation.circuit.generation + 1,
                )
                self._calm = False

    def capacity(self, now: datetime) -> Capacity:
        """Return how much may be taken from the queue."""
        if self._calm:
            return UNLIMITED
        with self._lock:
            width: int | None = 0
            changes: list[datetime] = []
            trying = False
            for name, operation in self._operations.items():
                self._refresh(name, operation, now)
                if until := operation.stop(now):
                    changes.append(until)
                    continue
                room = rules.permits(operation.circuit)
                trying = trying or room is not None
                width = None if width is None or room is None else width + room
            self._calm = self._is_calm()
            after = self.retry_after if trying else None
            return Capacity(width, min(changes, default=None), after)

    def permits(self, wanted: Sequence[str], now: datetime) -> list[bool]:
        """Tell for each operation of a batch, in order, whether a delivery of it may go now."""
        if self._calm:
            return [True] * len(wanted)
        with self._lock:
            left: dict[str, int | None] = {}
            verdicts = []
            for name in wanted:
                if name not in left:
                    left[name] = self._left(name, now)
                room = left[name]
                verdicts.append(room is None or room > 0)
                if room:
                    left[name] = room - 1
            return verdicts

    def room(self, now: datetime) -> dict[str, int]:
        """Return how many may go of each operation that is being tried or ramps."""
        if self._calm:
            return {}
        with self._lock:
            left = {name: self._left(name, now) for name in self._operations}
            return {name: room for name, room in left.items() if room}

    def acquire(self, name: str) -> Permit:
        """Count a claimed delivery of the operation as under way."""
        with self._lock:
            operation = self._operations.get(name)
            if operation is None:
                return Permit(name, 0)
            room = rules.permits(operation.circuit)
            if room is not None and operation.under_way >= room:
                # Paused since `permits` let it: this permit is of the past, and `veto` refuses it.
                return Permit(name, operation.circuit.generation - 1)
            operation.under_way += 1
            return Permit(name, operation.circuit.generation)

    def veto(self, permit: Permit, now: datetime) -> timedelta | None:
        """Return how long a claimed delivery has to wait before its call, None when it may go."""
        name, generation = permit
        with self._lock:
            operation = self._operations.get(name)
            if operation is None or (self._calm and operation.circuit.generation == generation):
                return None
            self._refresh(name, operation, now)
            until = operation.stop(now, counted=True)
            phase = operation.circuit.phase
            if until is None and (
                operation.circuit.generation == generation or phase is Phase.CLOSED
            ):
                return None
            return until - now if until else AT_ONCE

    def release(
        self, permit: Permit, failure: DeliveryFailure | None, *, dossier: str, now: datetime
    ) -> None:
        """Learn how a call ended; without a failure, the partner has taken it."""
        name, generation = permit
        with self._lock:
            operation = self._operations.get(name)
            if operation is None:
                return
            self._refresh(name, operation, now)  # first: the end of a window is a new generation
            if operation.circuit.generation != generation:
                return
            operation.under_way -= 1
            if failure is None or rules.classify(failure) is Signal.WELL:
                operation.circuit = rules.succeeded(operation.circuit, self.policy)
                for other in self._operations.values():
                    other.circuit = rules.reset_line_failures(other.circuit)
            else:
                self._failed(operation, failure, dossier or f"no lane {name}", now)
            self._calm = self._is_calm()

    def exhausted(self, quota: Quota, *, until: datetime, now: datetime) -> None:
        """Note that a quota is used up until some time."""
        agreed = Text(quota.reason_vi, quota.reason_en)
        vi, en = both("pauses.quota_spent", reason=agreed, calls=quota.calls)
        spent = ClosedPeriod(since=now, until=until, reason_vi=vi, reason_en=en)
        with self._lock:
            for name, operation in self._operations.items():
                before = operation.spent
                if quota.concerns(self.destination, name) and not (before and before.until > until):
                    operation.spent = spent
            self._calm = False

    def set_person_pauses(self, periods: Mapping[str, ClosedPeriod]) -> None:
        """Have persons' pauses in force, by operation, "" for all; those of before are over."""
        with self._lock:
            for name, operation in self._operations.items():
                found = [periods[it] for it in (name, "") if it in periods]
                last = max(found, key=lambda it: it.until, default=None)
                drains = all(it.drains for it in found)  # a pause beside a drain stops calls, too
                operation.by_person = last and replace(last, drains=drains)
            self._calm = self._is_calm()

    def forget_quotas(self) -> None:
        """Have quotas counted anew: what was noted may not have been committed."""
        with self._lock:
            for operation in self._operations.values():
                operation.spent = None

    def pauses(self, now: datetime) -> dict[str, Pause]:
        """Return what operators should see: operations that are paused or on the way back."""
        if self._calm:
            return {}
        with self._lock:
            for name, operation in self._operations.items():
                self._refresh(name, operation, now)
            found = {n: self._pause(n, op, now) for n, op in self._operations.items()}
            return {name: pause for name, pause in found.items() if pause}

    # --- with the lock held -------------------------------------------------------------------

    def _refresh(self, name: str, operation: _Operation, now: datetime) -> None:
        """Bring an operation up to `now`."""
        operation.circuit = rules.at_time(operation.circuit, now)
        if operation.spent and operation.spent.until <= now:
            operation.spent = None
        if operation.by_person and operation.by_person.until <= now:
            operation.by_person = None
        if not self.limits.windows:
            return
        window = call_limits.closed_window(self.limits, self.destination, name, at=now)
        if operation.window and window is None:
            self._change(operation, rules.probe_after(operation.circuit, now))
        operation.window = window

    def _left(self, name: str, now: datetime) -> int | None:
        operation = self._operations.get(name)
        if operation is None:
            return None
        self._refresh(name, operation, now)
        if operation.stop(now):
            return 0
        room = rules.permits(operation.circuit)
        return None if room is None else max(0, room - operation.under_way)

    def _failed(
        self, operation: _Operation, failure: DeliveryFailure, dossier: str, now: datetime
    ) -> None:
        """Draw from a failed call of the present generation what it says of the partner."""
        match rules.classify(failure):
            case Signal.LINE:
                self._line_failed(failure, now)
            case Signal.DENIED:
                self._fail(operation, failure, now, self._draw.random(), at_once=True)
            case Signal.TROUBLE:
                self._fail(operation, failure, now, self._draw.random(), dossier=dossier)

    def _line_failed(self, failure: DeliveryFailure, now: datetime) -> None:
        """Nobody is there: that concerns every operation, so all open and come back together."""
        draw = self._draw.random()
        for name, operation in self._operations.items():
            self._refresh(name, operation, now)
            self._fail(operation, failure, now, draw)

    def _fail(
        self,
        operation: _Operation,
        failure: DeliveryFailure,
        now: datetime,
        draw: float,
        dossier: str = "",
        *,
        at_once: bool = False,
    ) -> None:
        changed = rules.failed(
            operation.circuit,
            self.policy,
            now=now,
            draw=draw,
            code=failure.code,
            dossier=dossier,
            at_least=failure.retry_after,
            at_once=at_once,
        )
        self._change(operation, changed)

    def _change(self, operation: _Operation, changed: Circuit) -> None:
        if changed.generation != operation.circuit.generation:
            operation.under_way = 0
        operation.circuit = changed

    def _is_calm(self) -> bool:
        return not self.limits.windows and all(
            it.circuit.phase is Phase.CLOSED and it.spent is None and it.by_person is None
            for it in self._operations.values()
        )

    def _pause(self, name: str, operation: _Operation, now: datetime) -> Pause | None:
        """Return the pause with the latest end, None when the operation is as ever."""
        circuit = operation.circuit
        stops = [
            ("window", operation.window),
            ("quota", operation.spent),
            ("person", operation.by_person),
        ]
        kind, stop = max(stops, key=lambda it: it[1].until if it[1] else now)
        of_circuit = circuit.phase is not Phase.CLOSED
        if stop is None or (of_circuit and circuit.until and circuit.until > stop.until):
            if not of_circuit or circuit.since is None or circuit.until is None:
                return None
            kind, stop = "circuit", _explained(circuit, circuit.since, circuit.until)
        return Pause(
            destination=self.destination,
            operation=name,
            kind=kind,
            phase=Phase.OPEN if stop.until > now else circuit.phase,
            openings=circuit.trip_count,
            since=stop.since,
            until=stop.until,
            expires_at=max(stop.until, now) + self.holds,
            code=circuit.code if kind == "circuit" else "",
            reason_vi=stop.reason_vi,
            reason_en=stop.reason_en,
        )


def _explained(circuit: Circuit, since: datetime, until: datetime) -> ClosedPeriod:
    fault = FAULTS.get(circuit.code)
    vi, en = both("pauses.line", fault=fault.text) if fault else both("pauses.after_maintenance")
    return ClosedPeriod(since=since, until=until, reason_vi=vi, reason_en=en)
