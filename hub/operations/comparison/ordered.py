"""Comparisons that persons order on the console, and the role that compares.

The partners are queried by a process of the hub, under a lease: a comparison that was cut short
begins anew, because queries have no effect. A partner's list is compared at once; nothing of its
file is kept but its sha256 and the differences.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from datetime import date

from hub.operations.comparison import daily
from hub.operations.comparison.lists.reader import PartnerList
from hub.operations.comparison.lists.run import reconcile_lists
from hub.operations.signed_by import SignedBy
from hub.ports import Clock, Destination
from hub.records.rulebook import Rulebook
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.repair import comparisons
from hub.store.repair.comparisons import OrderedComparison, result_of

POLL = 2.0
_SIGN_OF_LIFE = 1.0


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


class _Lost(Exception):
    """Another process compares, or this one ends."""


class Comparisons(Role):
    """Compares what persons ordered, one day after another."""

    name = "comparisons"
    patience = 300.0

    def __init__(
        self, store: Store, destinations: Sequence[Destination], rules: Rulebook, *, clock: Clock
    ) -> None:
        super().__init__()
        self.store, self.destinations, self.rules, self.clock = store, destinations, rules, clock
        self.worker = secrets.token_hex(8)

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            if not retry_while_unavailable(self, self.step):
                self.wakeup.wait(POLL)

    def step(self) -> bool:
        """Compare what was ordered first; return whether there was anything."""
        now = self.clock()
        with self.store.read() as tx:
            if not comparisons.is_some_free(tx, now=now):
                return False
        with self.store.write() as tx:
            wanted = comparisons.claim(tx, self.worker, now=now)
        if wanted is None:
            return False
        try:
            self._compare(wanted)
        except _Lost:
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
        written = 0.0

        def progress(examined: int, total: int) -> None:
            nonlocal written
            self.beat()
            if self.stopping.is_set():
                raise _Lost
            if time.monotonic() - written < _SIGN_OF_LIFE:
                return
            written = time.monotonic()
            with self.store.write() as tx:
                if not comparisons.extend(
                    tx, number, self.worker, examined, total, now=self.clock()
                ):
                    raise _Lost

        return progress
