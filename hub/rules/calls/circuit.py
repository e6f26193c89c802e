"""The circuit of one operation of a partner: when to stop calling, when to try, how to go on.

closed -> (failures of the line in a row) -> open -> (its time is over) -> half open: one call at
once -> (it was answered) -> ramping: 2, 4, 8 ... at once -> closed. Any failure on the way back
opens it again, for longer. Pure: no clock, no chance, no partner.

What a failure proves differs. Nobody answered (`LINE`): that is the partner's line, whatever was
sent, and concerns every operation. It answered with trouble (`TROUBLE`: a timeout, a 5xx): that may
lie in what was sent, so it counts once for each dossier, and one bad dossier pauses nobody else. A
refusal is an answer: the line works. But an account without the right to an operation (`DENIED`)
and a wish to be called much later pause the operation at once: all that waits would be refused.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hub.rules.calls.backoff import doubled
from hub.rules.failures.errors import DeliveryFailure
from hub.rules.failures.login_remedies import LOGIN_OR_TLS


class Phase(StrEnum):
    """How much may go out."""

    CLOSED = "closed"
    """As much as ever."""
    OPEN = "open"
    """Nothing, until a time."""
    HALF_OPEN = "half_open"
    """One call at once, which decides."""
    RAMPING = "ramping"
    """A few at once, more and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitPolicy:
    """How soon a circuit opens, and how it comes back."""

    failures: int = 5
    """In a row, until it opens."""
    first_pause: timedelta = timedelta(seconds=5)
    longest_pause: timedelta = timedelta(minutes=5)
    jitter: float = 0.2
    """Share of a pause that is drawn at random and left out."""
    width: int = 8
    """How many calls at once are normal; a ramp that has come there is over."""
    pause_from: timedelta = timedelta(minutes=1)
    """A partner's wish that is at least this long opens the circuit at once."""
    longest_wish: timedelta = timedelta(days=7)
    """No partner's own wish is longer when it comes here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """Where the circuit of one operation stands."""

    phase: Phase = Phase.CLOSED
    failures: int = 0
    counted_keys: frozenset[str] = frozenset()
    """Dossiers whose trouble has been counted."""
    trip_count: int = 0
    """Since it was last closed; each makes the next pause longer."""
    width: int = 0
    """How many calls at once while it ramps."""
    passed: int = 0
    """Calls that were answered at this width."""
    since: datetime | None = None
    """When it opened first, None while closed."""
    until: datetime | None = None
    opened: datetime | None = None
    """When the present opening began: earlier than that it can only be by a clock that was set."""
    code: str = ""
    """The fault that opened it."""
    generation: int = 0
    """Grows whenever calls under way stop to count. The result of a call of an earlier generation
    says nothing about the partner now: the call may have hung for half a minute."""


class Signal(StrEnum):
    """What the end of a call says about the partner's line."""

    WELL = "well"
    LINE = "line"
    TROUBLE = "trouble"
    DENIED = "denied"
    NOTHING = "nothing"


_LINE = LOGIN_OR_TLS | {"partner_unreachable", "partner_login"}
_DENIED = "partner_forbidden"
_TROUBLE = frozenset(
    {"partner_busy", "reply_timeout", "reply_dropped", "reply_server_error", "reply_unreadable"}
)
_OURS = frozenset(
    {
        "partner_paused",
        "claim_late",
        "mapping_missing",
        "prepare_failed",
        "send_crashed",
        "lease_expired",
    }
)


def classify(failure: DeliveryFailure | None) -> Signal:
    """Return what the end of a call says; None is success."""
    if failure is None:
        return Signal.WELL
    if failure.code in _LINE:
        # An answer (a gateway's 404) comes from the address that was called, not from the line.
        return Signal.TROUBLE if failure.response_hash else Signal.LINE
    if failure.code in _TROUBLE:
        return Signal.TROUBLE
    if failure.code == _DENIED:
        return Signal.DENIED
    return Signal.NOTHING if failure.code in _OURS else Signal.WELL


def at_time(circuit: Circuit, now: datetime) -> Circuit:
    """Return the circuit as it is at `now`: an opening whose time is over is half open.

    When the clock was set back behind its beginning, it begins anew: it must not last longer by the
    hours that the clock was wrong.
    """
    if circuit.phase is not Phase.OPEN or circuit.until is None:
        return circuit
    if circuit.until <= now:
        return replace(circuit, phase=Phase.HALF_OPEN)
    if circuit.opened is not None and now < circuit.opened:
        return replace(circuit, opened=now, until=now + (circuit.until - circuit.opened))
    return circuit


def permits(circuit: Circuit) -> int | None:
    """Return how many calls may be under way at once, None for as many as ever."""
    match circuit.phase:
        case Phase.CLOSED:
            return None
        case Phase.OPEN:
            return 0
        case Phase.HALF_OPEN:
            return 1
        case Phase.RAMPING:
            return circuit.width


def succeeded(circuit: Circuit, policy: CircuitPolicy) -> Circuit:
    """Return the circuit after a call of its present generation was answered."""
    match circuit.phase:
        case Phase.OPEN:
            return circuit
        case Phase.CLOSED:
            return (
                replace(circuit, failures=0, counted_keys=frozenset())
                if circuit.failures
                else circuit
            )
        case Phase.HALF_OPEN:
            return _widened(circuit, policy, 2)
        case Phase.RAMPING:
            passed = circuit.passed + 1
            if passed < circuit.width:
                return replace(circuit, passed=passed)
            return _widened(circuit, policy, circuit.width * 2)


def failed(
    circuit: Circuit,
    policy: CircuitPolicy,
    *,
    now: datetime,
    draw: float,
    code: str,
    dossier: str = "",
    at_least: timedelta | None = None,
    at_once: bool = False,
) -> Circuit:
    """Return the circuit after a call of its present generation failed.

    `dossier` is what the failure may lie in, "" when it lies in the line. `draw` in [0, 1) makes
    the jitter; `at_least` is how long the partner asked us to wait. `at_once` opens it whatever the
    number of failures.
    """
    if circuit.phase is Phase.OPEN:
        return circuit
    at_once = at_once or (at_least is not None and at_least >= policy.pause_from)
    if circuit.phase is Phase.CLOSED and not at_once:
        if dossier and dossier in circuit.counted_keys:
            return circuit
        counted = circuit.counted_keys | {dossier} if dossier else circuit.counted_keys
        circuit = replace(circuit, failures=circuit.failures + 1, counted_keys=counted)
        if circuit.failures < policy.failures:
            return circuit
    pause = max(pause_of(circuit.trip_count, policy, draw), at_least or timedelta())
    return _opened(circuit, code, now=now, until=now + pause)


def _opened(circuit: Circuit, code: str, *, now: datetime, until: datetime) -> Circuit:
    return replace(
        circuit,
        phase=Phase.OPEN,
        failures=0,
        counted_keys=frozenset(),
        trip_count=circuit.trip_count + 1,
        width=0,
        passed=0,
        since=circuit.since or now,
        until=until,
        opened=now,
        code=code,
        generation=circuit.generation + 1,
    )


def reset_line_failures(circuit: Circuit) -> Circuit:
    """Return the circuit after a call of another operation was answered: the line is not at fault.

    Else an operation that is seldom used would add up failures of the line over days.
    """
    if circuit.phase is not Phase.CLOSED or circuit.failures == len(circuit.counted_keys):
        return circuit
    return replace(circuit, failures=len(circuit.counted_keys))


def probe_after(circuit: Circuit, now: datetime) -> Circuit:
    """Return the circuit after a time in which nothing was called: one call tries the line first.

    After maintenance a partner is not always back in time.
    """
    if circuit.phase is not Phase.CLOSED:
        return circuit
    return Circuit(phase=Phase.HALF_OPEN, since=now, until=now, generation=circuit.generation + 1)


def pause_of(openings: int, policy: CircuitPolicy, draw: float) -> timedelta:
    """Return how long the next opening lasts: doubling, capped, shorter by the jitter."""
    pause = doubled(policy.first_pause, openings, longest=policy.longest_pause)
    return pause * (1 - policy.jitter * draw)


def _widened(circuit: Circuit, policy: CircuitPolicy, width: int) -> Circuit:
    if width >= policy.width:
        return Circuit(generation=circuit.generation)
    return replace(circuit, phase=Phase.RAMPING, width=width, passed=0)
