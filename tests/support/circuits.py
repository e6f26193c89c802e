"""Circuits for tests: two operations of the province, made-up windows and quotas."""

import random
from datetime import UTC, date, datetime, time, timedelta

from hub.exchange.admission.circuits import Circuits
from hub.rules.calls.call_limits import CallLimits, Day, Quota, Weekly
from hub.rules.calls.circuit import CircuitPolicy
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)

NOW = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)  # a Monday, 16:00 in Hue
SECOND = timedelta(seconds=1)
POLICY = CircuitPolicy(failures=3, first_pause=timedelta(seconds=8), jitter=0, width=8)
A, B = "province.dossier", "province.progress"
DOWN = TransientFailure("partner_unreachable")
SLOW = AmbiguousFailure("reply_timeout")
REFUSED = PermanentFailure("partner_refused")
OF_ENTRY = {
    "partner": "provincial",
    "reason_vi": "theo thỏa thuận",
    "reason_en": "as agreed",
    "valid_from": date(2018, 1, 1),
    "source": "made up",
}
TEA = Weekly(**OF_ENTRY, days=(Day.MON,), starts=time(16, 30), ends=time(17))  # type: ignore[arg-type]
TEA_AT, TEA_ENDS = NOW + timedelta(minutes=30), NOW + timedelta(minutes=60)
ALL = Quota(**OF_ENTRY, calls=100)  # type: ignore[arg-type]
OF_A = Quota(**OF_ENTRY, calls=50, operation=A)  # type: ignore[arg-type]


def circuits(*windows: Weekly, policy: CircuitPolicy = POLICY) -> Circuits:
    """Return the circuits of the province, for two operations."""
    known = CallLimits(windows=windows)
    return Circuits("provincial", [A, B], policy, limits=known, draw=random.Random(1))


def call(
    it: Circuits,
    name: str,
    failure: DeliveryFailure | None,
    *,
    now: datetime = NOW,
    dossier: str = "D",
) -> bool:
    """Claim one delivery and make its call; return whether it was allowed."""
    if not it.permits([name], now)[0]:
        return False
    permit = it.acquire(name)
    wait = it.veto(permit, now)
    deferred = NotAttempted("partner_paused", "not sent")
    it.release(permit, deferred if wait else failure, dossier=dossier, now=now)
    return wait is None


def shut(it: Circuits, *, now: datetime = NOW) -> datetime:
    """Have the line fail until everything is paused; return until when."""
    while it.capacity(now).width != 0:
        call(it, A, DOWN, now=now)
    until = it.capacity(now).until
    assert until is not None
    return until


def phases(it: Circuits, now: datetime) -> dict[str, str]:
    """Return what is shown of each operation."""
    return {name: str(pause.phase) for name, pause in it.pauses(now).items()}


def generation_of(it: Circuits, name: str) -> int:
    """Return the present generation of an operation's circuit."""
    return it._operations[name].circuit.generation
