"""The call of a claimed delivery: has a thread make it, unless it must not be made any more.

Every claim that is begun ends with an outcome, whatever goes wrong, else it would stay in hand. A
fault of ours before the call certainly had no effect. From `send` on bytes may have left, so what
is not foreseen there leaves the effect unknown. The outcome is given to `on_end`; writing it down
is not done here.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from hub.exchange.admission.admission import Admission
from hub.exchange.admission.circuits import Permit
from hub.exchange.delivery.settle import CallOutcome
from hub.exchange.delivery.thread_start import begin_once
from hub.messages import catalog
from hub.messages.envelope import Message, decode_stored
from hub.ports import Clock, Destination, Incoming, Receipt
from hub.rules.failures.error_summary import describe_error
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)
from hub.runtime import tracing
from hub.runtime.failpoints import Point, passing
from hub.runtime.telemetry import Event, log
from hub.store.deliveries.transitions import Claimed


class Lease(NamedTuple):
    """How long a claim lasts, by two clocks: one of them may be set while we wait."""

    since: datetime
    until: datetime
    ends: float
    """By the clock that nobody can set, seconds."""


class Call(NamedTuple):
    """A claimed delivery on its way to an outcome."""

    incoming: Incoming
    """The work message that asked for it."""
    claimed: Claimed
    lease: Lease
    permit: Permit


class Caller:
    """Makes the calls to one destination."""

    def __init__(
        self,
        destination: Destination,
        admission: Admission,
        *,
        clock: Clock,
        stopping: threading.Event,
        on_end: Callable[[Incoming, CallOutcome], None],
    ) -> None:
        self.destination = destination
        self.admission = admission
        self.clock = clock
        self.stopping = stopping
        self.on_end = on_end

    def begin(self, pool: Executor, incoming: Incoming, claimed: Claimed, lease: Lease) -> None:
        """Give a claim to a thread; where none can be had, it ends without a call."""
        permit = Permit(incoming.type, -1)
        try:
            permit = self.admission.acquire(incoming.type)
            begin_once(pool, partial(self._run, Call(incoming, claimed, lease, permit)))
        except Exception as error:
            call = Call(incoming, claimed, lease, permit)
            self._end(call, self._not_begun(call, error))

    def _run(self, call: Call) -> None:
        """Bring one claim to an outcome, whatever goes wrong."""
        outcome = _failed(call, AmbiguousFailure("send_crashed"))
        try:
            outcome = self._decide(call)
        except Exception as error:
            outcome = _failed(call, AmbiguousFailure("send_crashed", self._crashed(call, error)))
        finally:
            self._end(call, outcome)

    def _decide(self, call: Call) -> CallOutcome:
        """Make the call, unless by now it must not be made."""
        try:
            now = self.clock()
            deferred = self._not_attempted(call, now)
        except Exception as error:
            return self._not_begun(call, error)
        if deferred is not None:
            return _failed(call, deferred, at=now)
        not_after = call.lease.ends - self.destination.traits.longest_call.total_seconds()
        return make_call(self.destination, call.claimed, self.clock, not_after=not_after)

    def _not_attempted(self, call: Call, now: datetime) -> NotAttempted | None:
        """Return why a claim must not be sent now, None when it may be."""
        longest, lease = self.destination.traits.longest_send, call.lease
        if now + longest >= lease.until or time.monotonic() + longest.total_seconds() >= lease.ends:
            # It waited for a thread too long, or the machine slept: another process may send it.
            return NotAttempted("claim_late", "not sent", retry_after=timedelta())
        if self.stopping.is_set():
            # What has not begun goes out after the start, so that the stop does not wait for it.
            return NotAttempted("claim_late", "not sent: the hub stops", retry_after=timedelta())
        if wait := self.admission.veto(call.permit, now):
            return NotAttempted("partner_paused", "not sent", retry_after=wait)
        return None

    def _not_begun(self, call: Call, error: Exception) -> CallOutcome:
        """Return the outcome of a fault of ours before the call: certainly without effect."""
        return _failed(call, TransientFailure("call_not_begun", self._crashed(call, error)))

    def _end(self, call: Call, outcome: CallOutcome) -> None:
        """Report how a claim ended; a fault of ours meanwhile does not change what is known."""
        result = outcome.result
        failure = result if isinstance(result, DeliveryFailure) else None
        try:
            self.admission.finished(
                call.permit, failure, dossier=call.claimed.lane, now=outcome.finished_at
            )
            passing(Point.DELIVER_AFTER_REPLY)
        except Exception as error:
            self._crashed(call, error)
        finally:
            self.on_end(call.incoming, outcome)

    def _crashed(self, call: Call, error: Exception) -> str:
        """Log a fault of ours; return it in words."""
        role, cause = f"deliver.{self.destination.name}", describe_error(error)
        log.error(Event.DELIVERY_CRASHED, role=role, delivery=call.claimed.id, error=cause)
        return cause


def make_call(
    destination: Destination, claimed: Claimed, clock: Clock, *, not_after: float
) -> CallOutcome:
    """Read the message, build the request, send it; return the outcome.

    `not_after` as in `Destination.send`. Only a clock that fails is raised.
    """
    message: Message | None = None
    digest, operation, sending = "", "", False
    started_at = clock()
    result: Receipt | DeliveryFailure
    try:
        message = decode_stored(claimed.body)
        request = destination.prepare(message, catalog.read(message))
        digest, operation, sending = request.digest, request.operation, True
        with tracing.calling(message, delivery=claimed.id, attempt=claimed.attempts):
            result = destination.send(request, not_after=not_after)
    except DeliveryFailure as failure:
        result = failure
    except Exception as error:
        kind, code = (
            (AmbiguousFailure, "send_crashed") if sending else (PermanentFailure, "prepare_failed")
        )
        result = kind(code, describe_error(error))
    return CallOutcome(
        claimed=claimed,
        message=message,
        result=result,
        finished_at=clock(),
        digest=digest,
        started_at=started_at,
        operation=operation,
    )


def _failed(call: Call, failure: DeliveryFailure, *, at: datetime | None = None) -> CallOutcome:
    """Return an outcome that needs nothing of ours to work; its time is that of the claim."""
    at = call.lease.since if at is None else at
    return CallOutcome(claimed=call.claimed, message=None, result=failure, finished_at=at)
