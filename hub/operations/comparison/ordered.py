"""Comparisons that persons order on the console, and the role that compares.

The partners are queried by a process of the hub, under a lease: a comparison that was cut short
begins anew, because queries have no effect. A partner's list is compared at once; nothing of its
file is kept but its sha256 and the differences.
"""

from collections.abc import Callable, Sequence
from datetime import date

from hub.operations.comparison import daily
from hub.operations.comparison.lists.reader import PartnerList
from hub.operations.comparison.lists.run import reconcile_lists
from hub.operations.leased_work import LeasedWork, LeaseLost
from hub.operations.signed_by import SignedBy
from hub.ports import Clock, Destination
from hub.records.rulebook import Rulebook
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.repair import comparisons
from hub.store.repair.comparisons import OrderedComparison, result_of


def order(store: Store, day: date, partner: str, *, form: str, by: SignedBy) -> int:
    """Order the comparison of a day with one partner, or all; return its number."""
    with store.write() as tx:
        known = comparisons.is_sent(tx, form)
        if known is not None:
            return known
        number = comparisons.add(tx, day, partner, form=form, actor=by["actor"], now=by["now"])
        audit.record(tx, action="reconcile.order", object=str(number), **by)
    return number


def compare_list(
    store: Store,
    day: date,
    listed: PartnerList,
    rules: Rulebook,
    *,
    agency: str,
    form: str,
    by: SignedBy,
) -> int:
    """Compare a partner's list of a day; return the comparison's number. Raises ListRefused."""
    with store.read() as tx:
        known = comparisons.is_sent(tx, form)
    if known is not None:
        return known
    (report,) = reconcile_lists(store, day, [listed], rules, agency=agency, by=by)
    result = result_of(
        report.findings,
        dossiers=len(listed.statuses),
        opened=report.opened,
        closed=report.closed,
        unsure=report.unsure,
        sha256=listed.sha256,
    )
    with store.write() as tx:
        return comparisons.add(
            tx, day, listed.partner, form=form, actor=by["actor"], now=by["now"], result=result
        )


class Comparisons(LeasedWork):
    """Compares what persons ordered, one day after another."""

    name = "comparisons"
    poll = 2.0

    def __init__(
        self, store: Store, destinations: Sequence[Destination], rules: Rulebook, *, clock: Clock
    ) -> None:
        super().__init__(store, clock=clock)
        self.destinations, self.rules = destinations, rules

    def step(self) -> bool:
        """Compare what was ordered first; return whether there was anything."""
        wanted = self.claimed(comparisons)
        if wanted is None:
            return False
        try:
            self._compare(wanted)
        except LeaseLost:
            with self.store.write() as tx:
                comparisons.release(tx, wanted.number, self.worker)
        return True

    def _compare(self, wanted: OrderedComparison) -> None:
        now = self.clock()
        report = daily.reconcile_day(
            self.store,
            wanted.day,
            [it for it in self.destinations if wanted.partner in ("", it.name)],
            self.rules,
            by={"actor": wanted.made_by, "reason": f"comparison {wanted.number}", "now": now},
            progress=self._progress_of(wanted.number),
        )
        result = result_of(
            report.findings,
            dossiers=report.dossiers,
            opened=report.opened,
            closed=report.closed,
            unsure=report.unasked,
        )
        with self.store.write() as tx:
            comparisons.end(tx, wanted.number, self.worker, result, now=self.clock())

    def _progress_of(self, number: int) -> Callable[[int, int], None]:
        def extend(tx: Tx, examined: int, total: int) -> bool:
            now = self.clock()
            return comparisons.extend(tx, number, self.worker, examined, total, now=now)

        return self.progress(extend)
