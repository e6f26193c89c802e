"""Reconcile: queries the partner about the ambiguous deliveries of one destination.

The role takes what is due, makes the queries (`query.py`) and gives the outcomes to `settle`. What
an answer means is decided by `hub/rules/deliveries/absence.py` and
`hub/rules/deliveries/recovery.py`: found is delivered, proven absent is sent again with the same
message id, and what queries cannot prove is left to a person. Until then the delivery stays
ambiguous and its lane closed.

Several processes may query. A process reserves a delivery for as long as its query may take, and
takes no more than it can query at once. Else another process would take it, and the answer of the
first one would be dropped.

Building a request or reading an answer may be what ends the process. A delivery that was in hand at
several crashes is queried alone, when no other query is due, and then left to a person
(`hub/rules/poison.py`). A query that ends without an answer in a process that lives is closed
(`hub/exchange/isolation/open_queries.py`). A stop waits for the answers under way, and an answer
that cannot be written harms no other one.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

from hub.exchange.delivery.doubt_age import DoubtAges
from hub.exchange.delivery.query import make_query
from hub.exchange.delivery.settle import (
    SETTLE_AT_STOP,
    CallOutcome,
    SettleContext,
    ended_as,
    settle,
)
from hub.exchange.delivery.settle_batch import count
from hub.exchange.isolation.open_queries import OpenQueries
from hub.ports import Clock, Destination
from hub.rules import poison
from hub.rules.calls import call_limits
from hub.rules.calls.call_limits import CallLimits
from hub.rules.deliveries.states import DeliveryState
from hub.rules.failures.errors import DeliveryFailure
from hub.runtime.failpoints import Point, passing
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log
from hub.store.deliveries import attempts, doubts, transitions
from hub.store.engine.store import Tx
from hub.texts import both


class Reconcile(Role):
    """Asks one destination about deliveries whose effect is unknown."""

    def __init__(
        self,
        destination: Destination,
        settling: SettleContext,
        *,
        clock: Clock,
        on_commit: Callable[[], None] = lambda: None,
        known: CallLimits | None = None,
        poll: float = 0.5,
        at_once: int = 4,
        markers: Path | None = None,
    ) -> None:
        """`markers`: the folder for what the store cannot be told at a stop."""
        super().__init__()
        self.name = f"reconcile.{destination.name}"
        # Between two beats lies one question, which may log in and look up twice.
        self.patience = 60 + destination.traits.longest_send.total_seconds()
        self.stop_within = (destination.traits.longest_send + SETTLE_AT_STOP).total_seconds()
        self.destination = destination
        self.settling = settling
        self.clock = clock
        self.on_commit = on_commit
        self.known = known or CallLimits()
        self.poll = poll
        self.at_once = at_once
        self.reserved_for = max(settling.policy.query_interval, destination.traits.longest_send)
        self.ages = DoubtAges(settling.policy.settle_delay)
        self.questions = OpenQueries(
            settling.store, destination.name, clock=lambda: self.clock(), markers=markers
        )

    def last_word(self) -> None:
        """A query that outlasts the stop ends with the process, which does not die of it."""
        self.questions.close()

    def run(self) -> None:
        retry_while_unavailable(self, self.questions.close_marked)
        try:
            with ThreadPoolExecutor(self.at_once, thread_name_prefix=self.name) as pool:
                while not self.stopping.is_set():
                    self.beat()
                    if not self.query_some(pool):
                        self.wakeup.wait(self.poll)
        finally:
            self.questions.close()

    def query_some(self, pool: Executor) -> int:
        """Ask about what is due until nothing is; return how many were asked about.

        An answer that cannot be written is raised when all others that are under way are written.
        """
        queried, running, alone = 0, set[Future[CallOutcome]](), False
        failed: Exception | None = None
        while True:
            ending = self.stopping.is_set() or failed is not None
            free = 0 if ending or alone else self.at_once - len(running)
            doubtful = retry_while_unavailable(self, partial(self._reserve, free)) if free else []
            if not (running or doubtful or ending):
                doubtful = retry_while_unavailable(self, partial(self._reserve, 1, alone=True))
                alone = bool(doubtful)
            if doubtful:
                self.questions.opened(doubtful)
                self.ages.querying(claim.id for claim in doubtful)
                passing(Point.RECONCILE_AFTER_TAKE)
            running |= {pool.submit(self._query, one) for one in doubtful}
            queried += len(doubtful)
            if not running:
                if failed is not None:
                    raise failed
                return queried
            # A slow answer keeps no other one waiting, and no free thread.
            ended, running = wait(running, timeout=self.poll, return_when=FIRST_COMPLETED)
            for question in ended:
                self.beat()
                try:
                    self._settle(question.result())
                except Exception as error:
                    failed = failed or error
            if ended:
                alone = False  # it was the only one
                self.on_commit()

    def _reserve(self, limit: int, *, alone: bool = False) -> list[transitions.Claimed]:
        """Reserve what is due to be asked about, and write the questions down."""
        now = self.clock()
        if call_limits.closed_window(self.known, self.destination.name, "", at=now):
            return []  # they do not want to be called at all
        with self.settling.store.read() as tx:
            if not doubts.is_doubtful(tx, self.destination.name, now=now):
                return []
        with self.settling.store.write() as tx:
            doubtful = doubts.reserve_doubtful(
                tx,
                self.destination.name,
                now=now,
                again_at=now + self.reserved_for,
                limit=limit,
                alone=alone,
            )
            if alone:
                doubtful = [one for one in doubtful if not self._is_left(tx, one)]
            calls = [(item.id, item.attempts) for item in doubtful]
            attempts.start(tx, calls, now=now, kind="find")
        return doubtful

    def _is_left(self, tx: Tx, one: transitions.Claimed) -> bool:
        """Leave to a person what the process has not survived asking about; tell whether it was."""
        lost = doubts.queries_unended(tx, one.id)
        if not poison.queries_are_poison(lost):
            return False
        log.error(
            Event.DELIVERY_RECONCILED,
            destination=self.destination.name,
            delivery=one.id,
            action="left_to_person",
        )
        count = poison.isolated_queries(lost)
        why = both("deliveries.process_ended", count=count).stored()
        transitions.leave_to_person(tx, one.id, why=why)
        return True

    def _query(self, claimed: transitions.Claimed) -> CallOutcome:
        store = self.settling.store
        return make_query(
            self.destination, store, claimed, clock=lambda: self.clock(), ages=self.ages
        )

    def _settle(self, outcome: CallOutcome) -> None:
        """Write down what came of a query; one that was dropped is closed at the end."""
        result = outcome.result
        failed = result if isinstance(result, DeliveryFailure) else None
        log.info(
            Event.DELIVERY_RECONCILED,
            destination=self.destination.name,
            delivery=outcome.claimed.id,
            action=ended_as(result),
            code=failed.code if failed else "",
            detail=failed.detail if failed else "",
            differs=", ".join(getattr(result, "differs", ())),
        )
        from_state = DeliveryState.AMBIGUOUS
        dropped = retry_while_unavailable(
            self, lambda: settle(self.settling, [outcome], from_state=from_state, kind="find")
        )
        if not dropped:
            count(self.destination.name, [outcome], kind="find")
            self.questions.answered(outcome.claimed)
