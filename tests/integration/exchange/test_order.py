"""The order of a dossier's steps, with many dossiers and a partner that fails often."""

import itertools
import math
import random
import threading
from collections import Counter
from pathlib import Path

import pytest

from hub.broker.memory import MemoryBroker
from hub.ports import Receipt, Request
from tests.support.database.stores import empty_store
from tests.support.partners.partner import BUSY, DOWN, Partner
from tests.support.works import number, step, working

DOSSIERS, STEPS = 500, 5
CALLS = DOSSIERS * STEPS
SHARE = 0.2
IN_A_ROW = 4
"""Failures of one step at most: more would use its attempts up, which is another promise."""


class Flaky(Partner):
    """Fails each step as often as `left` says, before it has any effect."""

    def __init__(self, left: Counter[tuple[str, int]]) -> None:
        super().__init__(concurrency=8)
        self.failed = 0
        self._left = left
        self._kinds = itertools.cycle((DOWN, BUSY))
        self._flaky = threading.Lock()

    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Fail, or do it."""
        with self._flaky:
            if self._left[request.number, request.body]:
                self._left[request.number, request.body] -= 1
                self.failed += 1
                raise next(self._kinds)
        return super().send(request, not_after=not_after)


@pytest.mark.long
def test_500_dossiers_of_5_steps_with_a_fifth_of_the_calls_failing(tmp_path: Path) -> None:
    """Every fifth call fails without effect: zero inversions, nothing doubled, all there."""
    draw = random.Random(500)
    left: Counter[tuple[str, int]] = Counter()
    for place in itertools.product(map(number, range(DOSSIERS)), range(1, STEPS + 1)):
        while draw.random() < SHARE and left[place] < IN_A_ROW:
            left[place] += 1
    failures = left.total()
    partner = Flaky(left)
    store, broker = empty_store(tmp_path / "hub.db"), MemoryBroker()
    with working(store, broker, partner) as works:
        for version in range(1, STEPS + 1):
            works.emit(*(step(n, version) for n in range(DOSSIERS)))
        works.wait(lambda states: states == {"delivered": CALLS}, seconds=90)
    broker.close()
    store.close()
    assert partner.failed == failures > 0.9 * SHARE * (CALLS + failures)
    assert (partner.overtaken(), partner.doubled(), len(partner.ledger)) == (0, 0, CALLS)
