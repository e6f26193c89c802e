"""Works the replay plans off that persons order: first the queries, then the run.

One process works on a plan at a time, by a lease; the state of the work is in the store, so after a
restart of the hub it goes on where it was. The queries of a plan that was not ready are made anew:
they have no effect. The deliveries themselves are sent by the role Deliver.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.exchange.delivery.known_effects import OnDelivered
from hub.operations.deliveries import replay_plan
from hub.operations.deliveries.replay_run import ReplayRun
from hub.operations.leased_work import LeasedWork, LeaseLost
from hub.ports import BlobPath, Clock, Destination
from hub.store.engine.store import Store, Tx
from hub.store.repair import replay_work, replays
from hub.store.repair.replay_work import ReplayPhase, ReplayWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayParts:
    """What the work needs besides the store."""

    destinations: Sequence[Destination]
    file_path: BlobPath
    on_delivered: OnDelivered
    on_commit: Callable[[], None] = lambda: None


class Replays(LeasedWork):
    """Claims one plan after another, of those in the given phases.

    A hub has one for the queries and one for the runs: neither a slow partner nor a run at a slow
    pace holds up the other.
    """

    def __init__(
        self,
        store: Store,
        parts: ReplayParts,
        *,
        clock: Clock,
        phases: Sequence[ReplayPhase] = (ReplayPhase.RUNNING, ReplayPhase.PLANNING),
    ) -> None:
        super().__init__(store, clock=clock)
        self.parts, self.phases = parts, phases
        self.name = f"replays.{phases[0]}"

    def step(self) -> bool:
        """Work one plan off as far as it goes now; return whether there was one."""
        for phase in self.phases:
            work = self.claimed(replay_work.PlansIn(phase))
            if work is not None:
                (self._plan if phase is ReplayPhase.PLANNING else self._run)(work)
                return True
        return False

    def _plan(self, work: ReplayWork) -> None:
        with self.store.read() as tx:
            selection = replays.selection_of(tx, work.plan)
        try:
            items = replay_plan.examine_all(
                self.store,
                selection,
                self.parts.destinations,
                file_path=self.parts.file_path,
                progress=self._progress_of(work.plan),
                clock=self.clock,
            )
        except LeaseLost:
            with self.store.write() as tx:
                replay_work.release(tx, work.plan, self.worker)
            return
        with self.store.write() as tx:
            if replay_work.extend(tx, work.plan, self.worker, now=self.clock()):
                replays.add_items(tx, work.plan, items)
                counted = {"total": len(items), "examined": len(items)}
                replay_work.move(
                    tx, work.plan, {ReplayPhase.PLANNING}, ReplayPhase.READY, **counted
                )

    def _progress_of(self, plan: int) -> Callable[[int, int], None]:
        def extend(tx: Tx, examined: int, total: int) -> bool:
            so_far = replay_work.Examined(examined, total)
            return replay_work.extend(tx, plan, self.worker, now=self.clock(), examined=so_far)

        return self.progress(extend)

    def _run(self, work: ReplayWork) -> None:
        ReplayRun(
            self.store,
            work.plan,
            actor=work.run_by,
            reason=work.run_reason,
            clock=self.clock,
            on_delivered=self.parts.on_delivered,
            per_second=work.per_second,
            on_commit=self.parts.on_commit,
            pause=self._pause,
            worker=self.worker,
            stopping=self.stopping.is_set,
        ).run()

    def _pause(self, seconds: float) -> None:
        self.beat()
        self.stopping.wait(seconds)
