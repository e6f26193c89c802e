"""A delivery of which the process dies: it ends with its attempts, and a person is told."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.broker.memory import MemoryBroker
from hub.flow.reconcile import QUESTIONS_LOST
from hub.flow.say import say
from hub.ports import Request
from hub.store import queries
from hub.store.engine import Store
from hub.store.migrate import migrate
from hub.store.tables import attempts, deliveries
from tests.support.partner import Partner
from tests.support.works import QUICK, Works, now, step

PROGRAM = """
import os, signal, sys
from dataclasses import replace
from datetime import timedelta
from hub.broker.memory import MemoryBroker
from hub.store.engine import Store
from tests.support.partner import Partner
from tests.support.works import working
class Deadly(Partner):
    def send(self, request):
        os.kill(os.getpid(), signal.SIGKILL)
partner, quick = Deadly(), timedelta(milliseconds=50)
# Its lease is short, because only then it is known that its holder has died.
partner.traits = replace(partner.traits, connect_timeout=quick, reply_timeout=quick)
with working(Store(sys.argv[1]), MemoryBroker(), partner) as works:
    works.wait(lambda states: states == {"dead": 1}, seconds=60)
"""


@pytest.mark.slow
def test_a_call_that_kills_is_made_as_often_as_attempts_allow(tmp_path: Path) -> None:
    """Each death costs an attempt, a lease and a question; then it is dead and in `hub stuck`."""
    url = f"sqlite:///{tmp_path}/hub.db"
    store = Store(url)
    migrate(store)
    with store.write() as tx:
        say(tx, [step(0, 1)], now())
    words = [sys.executable, "-c", PROGRAM, url]
    ends: list[int] = []
    while not ends or (ends[-1] == -signal.SIGKILL and len(ends) <= QUICK.attempts + 1):
        ends.append(subprocess.run(words, check=False, timeout=100).returncode)
    assert ends == [-signal.SIGKILL] * QUICK.attempts + [0]
    with store.read() as tx:
        ((_, _, _, state, code, detail),) = queries.stuck(tx)
        calls = sa.select(sa.func.count()).where(attempts.c.kind == "send")
        assert tx.execute(calls).scalar_one() == QUICK.attempts
    assert (state, code) == ("dead", "attempts_exhausted")
    assert detail == "asked each time, the partner never had it"
    store.close()


class Died(BaseException):
    """The process ends here: nothing of ours catches it, and nothing is written down."""


class Deadly(Partner):
    """Nobody survives building a request for it, be it to send or to ask."""

    def prepare(self, *_: object) -> Request:
        raise Died


def test_a_question_that_kills_is_left_to_a_person(store: Store) -> None:
    """Ten questions that never ended: it is not asked about any more, and `hub stuck` says why."""
    with store.write() as tx:
        say(tx, [step(0, 1)], now())
        values = {"state": "ambiguous", "code": "lease_expired", "next_attempt_at": now()}
        tx.execute(sa.update(deliveries).values(values))
    works = Works(store, MemoryBroker(), Deadly())
    works.reconcile.reserved_for = timedelta(0)
    with ThreadPoolExecutor(1) as pool:
        for _ in range(QUESTIONS_LOST):
            with store.read() as tx:
                assert tx.execute(sa.select(deliveries.c.next_attempt_at)).scalar_one() is not None
            with pytest.raises(Died):
                works.reconcile.ask_some(pool)
        assert works.reconcile.ask_some(pool) == 0
    with store.read() as tx:
        ((_, _, _, state, code, detail),) = queries.stuck(tx)
        assert tx.execute(sa.select(deliveries.c.next_attempt_at)).scalar_one() is None
    assert (state, code) == ("ambiguous", "lease_expired")
    assert detail == "the process ended during each of 10 questions"
