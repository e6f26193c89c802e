"""Run a replay plan: exactly what it says, in the order of the lanes, throttled, watched.

Beside a running hub this only moves rows; the role Deliver sends. The first delivery of each kind
of fault goes alone; the others follow when its outcome is known. A replayed delivery that fails
again with the fault that it had stops the run. A delivery that is not as the plan saw it is left
alone, and a plan that ended is not run again.

A run has a lease on its plan. It ends without a word when a person pauses or cancels the plan, or
another process runs it; what was done stays done, and the next run goes on with the rest. A run
that breaks off (Ctrl-C, an error) pauses its plan. A run whose process is killed cannot: the hub
goes on when the lease has ended, for the same person, at the same pace.
"""

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from hub.exchange.delivery import known_effects
from hub.exchange.delivery.known_effects import KnownEffect, OnDelivered
from hub.messages.envelope import decode_stored
from hub.ports import Clock, Receipt
from hub.rules.deliveries.states import FINAL, DeliveryState
from hub.runtime.failpoints import Point, passing
from hub.store.deliveries import attempts, superseding, transitions
from hub.store.engine.store import Store, StoreUnavailable, Tx
from hub.store.evidence import audit, handovers
from hub.store.messages import journal
from hub.store.repair import replay_work, replays
from hub.store.repair.replay_work import LEASE, ReplayPhase
from hub.store.repair.replays import ReplayItem
from hub.store.schema.tables.repair import ALREADY_THERE, SUPERSEDED, WOULD_SEND
from hub.texts import Text, both, joined, text

SENT, SETTLED, REPLACED = "sent", "settled", "superseded"
CHANGED, NOT_SENT = "changed since the plan", "not sent"
INTERRUPTED = "interrupted"
"""The run ended before it did anything with the delivery; never kept."""
_OUTCOMES = {CHANGED: "changed", NOT_SENT: "not_sent"}
"""Outcomes, as items keep them, whose text has another name."""
_TRIED = FINAL | {DeliveryState.DEAD, DeliveryState.WAITING, DeliveryState.AMBIGUOUS}
"""States in which a delivery has had its outcome, when its attempts have grown."""
_WAIT = LEASE / 6
"""How long a slow run waits without a sign of life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What a run did; `outcomes` counts its items."""

    plan: int
    before: str = ""
    """Why nothing was done: the plan had ended before."""
    stopped: Text | None = None
    """Why the run was stopped."""
    outcomes: Counter[str] = field(default_factory=Counter)
    delivered: int = 0
    under_way: int = 0
    interrupted: bool = False
    """Whether the plan has more to do: it was paused, or another process goes on."""


def outcome_text(outcome: str) -> Text:
    """Return an outcome in words."""
    return both(f"replay.outcome_{_OUTCOMES.get(outcome, outcome)}")


class ReplayRun:
    """One run of one plan."""

    def __init__(
        self,
        store: Store,
        plan: int,
        *,
        actor: str,
        reason: str,
        clock: Clock,
        on_delivered: OnDelivered,
        per_second: float = 5.0,
        patience: timedelta | None = timedelta(minutes=2),
        on_commit: Callable[[], None] = lambda: None,
        pause: Callable[[float], object] = threading.Event().wait,
        worker: str = "",
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`patience`: how long outcomes are waited for; None where nobody wants to know them.

        `worker`: the one that has claimed the plan already. `stopping`: whether the process ends.
        """
        self.stopping = stopping
        self.store, self.plan, self.clock = store, plan, clock
        self.actor, self.reason = actor, reason
        self.on_delivered, self.on_commit, self.pause = on_delivered, on_commit, pause
        self.per_second, self.patience = per_second, patience
        self.watched: dict[int, ReplayItem] = {}
        self.outcomes: Counter[str] = Counter()
        self.delivered = 0
        self.stopped: Text | None = None
        self.interrupted = False
        self._is_claimed = bool(worker)
        self.worker = worker or secrets.token_hex(8)
        self._extended = clock()

    def run(self, progress: Callable[[int, int], None] = lambda *_: None) -> ReplayReport:
        """Carry the plan out; `progress` gets (done, of how many). Raises NoSuchPlan."""
        with self._paused_on_error():
            return self._run(progress)

    @contextmanager
    def _paused_on_error(self) -> Iterator[None]:
        """Pause the plan where its run breaks off: nobody goes on without a person's order."""
        try:
            yield
        except BaseException as error:
            # A role tries again by itself when the database is back.
            if not (self._is_claimed and isinstance(error, StoreUnavailable)):
                with suppress(StoreUnavailable), self.store.write() as tx:
                    if replay_work.pause(tx, self.plan, self.worker):
                        self._audit(tx, "replay.broke_off", str(self.plan), type(error).__name__)
            raise

    def _run(self, progress: Callable[[int, int], None]) -> ReplayReport:
        with self.store.write() as tx:
            found = replays.plan_of(tx, self.plan)
            if found.over:
                why = Text.read(found.why or "")
                return ReplayReport(
                    plan=self.plan, before=text(f"replay.was_{found.state}", why=why)
                )
            self._begin(tx)
            known = replays.items_of(tx, self.plan)
        # Sent by a run that ended: its outcome is awaited by this one.
        self.watched = {it.delivery_id: it for it in known if it.outcome == SENT}
        items = [item for item in known if item.outcome is None]
        tried: set[str] = set()
        for count, item in enumerate(items, 1):
            if self._carry_out(item) == SENT:
                self._after_sending(item, tried)
            progress(count, len(items))
            passing(Point.REPLAY_BETWEEN_ITEMS)
            if self._is_to_end():
                break
        if not self._is_to_end():
            self._wait_for_outcomes()
        return self._give_back() if self._goes_on_later() else self._end()

    def _begin(self, tx: Tx) -> None:
        """Begin, where a person has not paused the plan since it was claimed.

        Raises StateConflict where there is nothing to run yet.
        """
        if not self._is_claimed:
            self._take_over(tx)
        elif not self._extend(tx):
            return
        replays.begin(tx, self.plan, self.clock())
        self._audit(tx, "replay.run", str(self.plan))

    def _take_over(self, tx: Tx) -> None:
        work = replay_work.of_plan(tx, self.plan)
        if work is None:  # of an older release
            replay_work.add(tx, self.plan, ReplayPhase.READY)
        elif work.phase is ReplayPhase.PLANNING:
            raise transitions.StateConflict(both("replay.still_planning", plan=self.plan))
        replay_work.take_over(
            tx,
            self.plan,
            self.worker,
            run_by=self.actor,
            run_reason=self.reason,
            per_second=self.per_second,
            now=self.clock(),
        )

    def _is_to_end(self) -> bool:
        return bool(self.stopped) or self._goes_on_later()

    def _goes_on_later(self) -> bool:
        """Tell whether this run ends before its plan does."""
        return not self.stopped and (self.interrupted or self.stopping())

    def _extend(self, tx: Tx) -> bool:
        """Extend the lease; False, once and for all, where this run has to end."""
        self._extended = self.clock()
        if not replay_work.extend(tx, self.plan, self.worker, now=self._extended):
            self.interrupted = True
        return not self.interrupted

    def _give_back(self) -> ReplayReport:
        """Let another run go on."""
        with self.store.write() as tx:
            replay_work.release(tx, self.plan, self.worker)
        return self._report(interrupted=True)

    def _report(self, *, interrupted: bool = False) -> ReplayReport:
        return ReplayReport(
            plan=self.plan,
            stopped=self.stopped,
            outcomes=self.outcomes,
            delivered=self.delivered,
            under_way=len(self.watched),
            interrupted=interrupted,
        )

    def _after_sending(self, item: ReplayItem, tried: set[str]) -> None:
        """Let the first of a fault have its outcome alone; then keep the pace."""
        if self.patience is None:
            return
        if item.fault in tried:
            self._keep_pace()
            self._check_results()
            return
        tried.add(item.fault)
        self._wait_for_outcomes()
        if self.watched and not self._is_to_end():
            self.stopped = both("replay.no_outcome")

    def _keep_pace(self) -> None:
        """Wait until the next one may go; a long wait extends the lease."""
        left = timedelta(seconds=1 / self.per_second)
        while True:
            self.pause(min(left, _WAIT).total_seconds())
            left -= _WAIT
            if left <= timedelta() or self._is_to_end():
                return
            self._keep_lease()

    def _carry_out(self, item: ReplayItem) -> str:
        """Do what the plan says of one delivery, unless it has changed; return what was done."""
        now, id = self.clock(), item.delivery_id
        with self.store.write() as tx:
            if not self._extend(tx):
                return INTERRUPTED
            if not replays.still_as_seen(tx, item):
                outcome = CHANGED
            elif item.verdict == WOULD_SEND and not replays.open_before(tx, id):
                outcome = SENT
                transitions.replay(tx, id, now=now)
                self._audit(tx, "delivery.replay", str(id))
            elif item.verdict == ALREADY_THERE:
                outcome = SETTLED
                self._settle(tx, item)
            elif item.verdict == SUPERSEDED:
                outcome = self._supersede(tx, id)
            else:
                outcome = NOT_SENT
            if not replays.mark(tx, self.plan, id, outcome, now):
                raise transitions.StateConflict(both("deliveries.plan_under_way", plan=self.plan))
        self.outcomes[outcome] += 1
        if outcome == SENT:
            self.watched[id] = item
        self.on_commit()
        return outcome

    def _settle(self, tx: Tx, item: ReplayItem) -> None:
        """The partner has it: delivered, with the receipt that it gave when it was asked."""
        now, id = self.clock(), item.delivery_id
        transitions.deliver(tx, [(id, item.reference)], now=now, from_state=DeliveryState.DEAD)
        message = decode_stored(journal.body_of(tx, id))
        receipt = Receipt(reference=item.reference, already=True, response_hash=item.response_hash)
        attempts.start(tx, [(id, item.attempts)], now=now, kind="find")
        found = attempts.Finished(
            delivery_id=id,
            number=item.attempts,
            kind="find",
            at=now,
            outcome="delivered",
            response_hash=item.response_hash or None,
        )
        attempts.finish(tx, [found])
        _, destination, lane = transitions.place_of(tx, id)
        evidence = handovers.without_call(
            id,
            partner=destination,
            number=lane,
            operation="replay.plan",
            kind="find",
            outcome="already",
            now=now,
            attempt=item.attempts,
            receipt=item.reference,
            response_hash=item.response_hash,
        )
        effect = KnownEffect(lane, message, receipt)
        known_effects.follow(
            tx, destination, [effect], [evidence], on_delivered=self.on_delivered, now=now
        )
        self._audit(tx, "delivery.settle", str(id))

    def _supersede(self, tx: Tx, id: int) -> str:
        """Let it go for what is newer, unless that is gone by now; return what was done."""
        now = self.clock()
        superseding.lock_newer(tx, [id])
        if replays.replaced_by(tx, id) is None:
            return CHANGED
        transitions.supersede(tx, id, from_state=DeliveryState.DEAD, now=now)
        _, destination, lane = transitions.place_of(tx, id)
        transitions.release_followers(tx, destination, [lane], now)
        self._audit(tx, "delivery.supersede", str(id))
        return REPLACED

    def _wait_for_outcomes(self) -> None:
        if self.patience is None:
            return
        end = self.clock() + self.patience
        self._check_results()
        while self.watched and not self._is_to_end() and self.clock() < end:
            self.pause(0.1)
            self._check_results()
            self._keep_lease()

    def _keep_lease(self) -> None:
        """Extend the lease now and then; see at once that a person has paused the plan."""
        if self.clock() - self._extended >= LEASE / 3:
            with self.store.write() as tx:
                self._extend(tx)
            return
        with self.store.read() as tx:
            work = replay_work.of_plan(tx, self.plan)
        self.interrupted = work is None or work.phase is not ReplayPhase.RUNNING

    def _check_results(self) -> None:
        """See what became of what was sent; the first repeat of its fault stops the run."""
        with self.store.read() as tx:
            found = replays.progress_of(tx, self.watched)
        for id, progress in found.items():
            item = self.watched[id]
            if progress.state not in _TRIED or (
                progress.attempts <= item.attempts and progress.state not in FINAL
            ):
                continue
            del self.watched[id]
            self.delivered += progress.state is DeliveryState.DELIVERED
            if progress.state not in FINAL and progress.fault == item.fault:
                self.stopped = both("replay.failed_again", delivery=id, fault=item.fault)

    def _end(self) -> ReplayReport:
        with self.store.read() as tx:
            outcomes = replays.outcomes_of(tx, self.plan)
        counted = [
            both("replay.counted", count=count, outcome=outcome_text(name))
            for name, count in sorted(outcomes.items())
        ]
        done = joined(", ", counted) if counted else both("replay.nothing_to_do")
        why = (joined("; ", [self.stopped, done]) if self.stopped else done).stored()
        with self.store.write() as tx:
            if not replay_work.move(tx, self.plan, {ReplayPhase.RUNNING}, ReplayPhase.OVER):
                return self._report(interrupted=True)
            replays.end(tx, self.plan, stopped=bool(self.stopped), why=why, now=self.clock())
            action = "replay.stopped" if self.stopped else "replay.finished"
            self._audit(tx, action, str(self.plan), why)
        return self._report()

    def _audit(self, tx: Tx, action: str, object: str, why: str = "") -> None:
        reason = f"plan {self.plan}: {self.reason}" + (f" ({why})" if why else "")
        audit.record(tx, self.actor, action, object=object, reason=reason, now=self.clock())
