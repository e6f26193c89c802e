"""Reconcile: settles ambiguous deliveries of one destination by asking the partner.

Found means delivered. Proven absent means it may be sent again, with the same message id: at once
after the first call, later and later after others, until its attempts are used up. Neither proven
means that a person has to resolve it. A partner that cannot be asked now is asked again, later and
later; the delivery stays ambiguous and its lane closed.

Several processes may ask: what one has in hand is reserved for as long as its question may take,
and none takes more than it can ask at once. Else each would take the other's and drop its answer.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from functools import partial

from hub.failpoints import Point, passing
from hub.flow.outcome import Outcome, Settling, handover, settle
from hub.flow.outlast import outlast
from hub.messages import catalog
from hub.messages.envelope import decode
from hub.ports import Absence, Clock, Destination, Receipt
from hub.rules import manners, recovery
from hub.rules.causes import cause_of
from hub.rules.errors import DeliveryFailure, PermanentFailure
from hub.rules.manners import Manners
from hub.rules.states import DeliveryState
from hub.service import Role
from hub.store import attempts, deliveries, handovers, schedule
from hub.store.engine import Tx
from hub.telemetry import Event, log

QUESTIONS_LOST = 10
"""Questions about a delivery during which the process ended, after which a person has to resolve
it: building the request for it, or reading what the partner says, may be what ends us."""


class Reconcile(Role):
    """Asks one destination about deliveries whose effect is unknown."""

    def __init__(
        self,
        destination: Destination,
        settling: Settling,
        *,
        clock: Clock,
        on_commit: Callable[[], None] = lambda: None,
        known: Manners | None = None,
        poll: float = 0.5,
        ask_again: timedelta = timedelta(seconds=30),
        at_once: int = 4,
    ) -> None:
        super().__init__()
        self.name = f"reconcile.{destination.name}"
        # Between two beats lies one question, which may log in and look up twice.
        self.patience = 60 + destination.traits.longest_send.total_seconds()
        self.destination = destination
        self.settling = settling
        self.clock = clock
        self.on_commit = on_commit
        self.known = known or Manners()
        self.poll = poll
        self.ask_again = ask_again
        self.at_once = at_once
        self.reserved_for = max(ask_again, destination.traits.longest_send)

    def run(self) -> None:
        with ThreadPoolExecutor(self.at_once, thread_name_prefix=self.name) as pool:
            while not self.stopping.is_set():
                self.beat()
                if not self.ask_some(pool):
                    self.bell.wait(self.poll)

    def ask_some(self, pool: ThreadPoolExecutor) -> int:
        """Ask about what is due until nothing is; return how many were asked about."""
        asked, asking = 0, set[Future[Outcome]]()
        while True:
            free = 0 if self.stopping.is_set() else self.at_once - len(asking)
            doubtful = outlast(self, partial(self._take, free)) if free else []
            if doubtful:
                passing(Point.RECONCILE_AFTER_TAKE)
            asking |= {pool.submit(self._ask, one) for one in doubtful}
            asked += len(doubtful)
            if not asking:
                return asked
            # A slow answer keeps no other one waiting, and no free thread.
            ended, asking = wait(asking, timeout=self.poll, return_when=FIRST_COMPLETED)
            for question in ended:
                self.beat()
                self._settle(question.result())
            if ended:
                self.on_commit()

    def _take(self, limit: int) -> list[deliveries.Claimed]:
        """Reserve what is due to be asked about, and write the questions down."""
        now = self.clock()
        if manners.closed(self.known, self.destination.name, "", at=now):
            return []  # they do not want to be called at all
        with self.settling.store.write() as tx:
            doubtful = schedule.take_doubtful(
                tx,
                self.destination.name,
                now=now,
                again_at=now + self.reserved_for,
                limit=limit,
            )
            doubtful = self._without_killers(tx, doubtful)
            calls = [(item.id, item.attempts) for item in doubtful]
            attempts.start(tx, calls, now=now, kind="find")
        return doubtful

    def _without_killers(
        self, tx: Tx, doubtful: list[deliveries.Claimed]
    ) -> list[deliveries.Claimed]:
        """Leave to a person what the process has not survived asking about, again and again."""
        # No more questions than that were asked about it, this one included: few need a look.
        old = [one.id for one in doubtful if one.attempts - one.counted > QUESTIONS_LOST]
        lost = schedule.unended(tx, old) if old else {}
        killers = {id: count for id, count in lost.items() if count >= QUESTIONS_LOST}
        for id, count in killers.items():
            log.error(
                Event.DELIVERY_RECONCILED,
                destination=self.destination.name,
                delivery=id,
                action="left_to_person",
            )
            why = f"the process ended during each of {count} questions"
            deliveries.leave_to_person(tx, id, why=why)
        return [one for one in doubtful if one.id not in killers]

    def _ask(self, claimed: deliveries.Claimed) -> Outcome:
        message, digest, operation = None, "", ""
        started_at = self.clock()
        answer: Receipt | Absence | DeliveryFailure
        try:
            message = decode(claimed.body)
            request = self.destination.prepare(message, catalog.read(message))
            digest, operation = request.digest, request.operation
            answer = self.destination.find(request)
        except DeliveryFailure as failure:
            answer = failure
        except Exception as error:
            cause = cause_of(error)
            log.error(Event.ROLE_CRASHED, role=self.name, delivery=claimed.id, error=cause)
            answer = Absence.UNKNOWN
        return Outcome(
            claimed=claimed,
            message=message,
            result=answer,
            finished_at=self.clock(),
            digest=digest,
            started_at=started_at,
            operation=operation,
        )

    def _settle(self, outcome: Outcome) -> None:
        claimed, answer = outcome.claimed, outcome.result
        found = answer if isinstance(answer, Absence) else type(answer).__name__.lower()
        log.info(
            Event.DELIVERY_RECONCILED,
            destination=self.destination.name,
            delivery=claimed.id,
            action=found,
        )
        if isinstance(answer, Receipt):
            state = DeliveryState.AMBIGUOUS
            outlast(self, lambda: settle(self.settling, [outcome], since=state, kind="find"))
            return
        try:
            outlast(self, lambda: self._write(outcome, answer, str(found)))
        except deliveries.StateConflict as error:
            state = DeliveryState.AMBIGUOUS
            log.warning(Event.MOVE_REFUSED, delivery=claimed.id, state=state, detail=str(error))

    def _write(self, outcome: Outcome, answer: Absence | DeliveryFailure, found: str) -> None:
        claimed, now = outcome.claimed, outcome.finished_at
        with self.settling.store.write() as tx:
            deliveries.check_turn(tx, [claimed], since=DeliveryState.AMBIGUOUS)
            record = attempts.Finished(
                delivery_id=claimed.id,
                number=claimed.attempts,
                kind="find",
                at=now,
                outcome=found,
                code=answer.code if isinstance(answer, DeliveryFailure) else None,
                detail=answer.detail if isinstance(answer, DeliveryFailure) else None,
                request_hash=outcome.digest or None,
            )
            attempts.finish(tx, [record])
            if answer is Absence.ABSENT:
                self._send_again(tx, claimed, now)
            elif answer is Absence.UNKNOWN or isinstance(answer, PermanentFailure):
                deliveries.leave_to_person(tx, claimed.id)
            elif isinstance(answer, DeliveryFailure):
                asked = schedule.unanswered(tx, claimed.id)
                wish = answer.retry_after
                pause = recovery.next_question(asked, first=self.ask_again, wish=wish)
                schedule.ask_later(tx, claimed.id, when=now + pause)
            if outcome.called:
                made = handover(self.destination.name, outcome, "find", recorded_at=now)
                handovers.record(tx, [made])

    def _send_again(self, tx: Tx, claimed: deliveries.Claimed, now: datetime) -> None:
        """The partner does not have it: send it again, or give it to a person as dead."""
        action = recovery.after_absence(
            claimed.counted,
            policy=self.settling.policy,
            now=now,
            deadline=claimed.deadline,
            draw=self.settling.draw,
        )
        match action:
            case recovery.RetryAt(when):
                deliveries.retry_absent(tx, claimed.id, now=when)
            case recovery.Park(code):
                why, since = "asked each time, the partner never had it", DeliveryState.AMBIGUOUS
                deliveries.kill(tx, claimed.id, since=since, code=code, detail=why)
