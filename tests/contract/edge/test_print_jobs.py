"""Papers for workstations in the store: each is taken once, and what is certain stays."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.rules.edge.print_jobs import KEPT, LEASE, JobState
from hub.rules.edge.protocol import PrintJob, PrintReport
from hub.store.edge import print_jobs
from hub.store.edge.print_jobs import NewJob
from hub.store.engine.store import Store
from tests.support.gateway.edge_agent import enrolled

NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)
A, B, C = "a" * 32, "b" * 32, "c" * 32
PAPER = NewJob(
    message_id="m-1",
    printer="may-in",
    number="000.00.00.H57-261130-0001",
    sha256="0" * 64,
    media_type="application/pdf",
    copies=1,
    wanted_at=NOW,
)


@pytest.fixture
def offered(store: Store) -> int:
    """A paper that is offered to `quay-2` for ten seconds."""
    for name in ("quay-2", "quay-3"):
        enrolled(store, name)
    with store.write() as tx:
        return print_jobs.offer(tx, "quay-2", PAPER, until=NOW + timedelta(seconds=10))


def claim(store: Store, token: str, *, agent: str = "quay-2", later: int = 1) -> PrintJob | None:
    """Have an agent take what is offered."""
    at = NOW + timedelta(seconds=later)
    with store.read() as tx:
        has = print_jobs.claimed(tx, agent, token)
        may = has is not None or print_jobs.is_offered(tx, agent, ["may-in"], now=at)
    with store.write() as tx:
        taken = print_jobs.claim(tx, agent, token, ["may-in"], now=at)
    assert taken is None or may
    return taken


def used(store: Store, token: str, *, agent: str = "quay-2", later: int) -> bool:
    """Tell whether a token brings nothing any more."""
    with store.read() as tx:
        known = print_jobs.claimed(tx, agent, token)
    return known is not None and not known.is_given(NOW + timedelta(seconds=later))


def report(
    store: Store, job: int, state: JobState, *, token: str = A, agent: str = "quay-2"
) -> bool:
    """Report an outcome; tell whether it was news."""
    with store.write() as tx:
        reported = PrintReport(job=job, token=token, state=state)
        return print_jobs.report(tx, agent, reported, now=NOW) == "m-1"


def state(store: Store, job: int) -> JobState:
    """Return where a job is."""
    with store.read() as tx:
        found = print_jobs.find(tx, job)
    assert found is not None
    return found.state


def test_a_job_is_taken_by_one_question_of_its_own_agent(store: Store, offered: int) -> None:
    """A repeated question gets the same job; another one, of this agent or another, gets none."""
    assert claim(store, C, agent="quay-3") is None
    first = claim(store, A)
    assert first is not None
    assert first.id == offered
    assert claim(store, A) == first
    assert claim(store, B) is None
    with store.write() as tx:
        assert not print_jobs.withdraw(tx, offered)
    late = LEASE // timedelta(seconds=1) + 9
    assert claim(store, B, later=late) is None  # nor when its lease has ended


def test_a_token_brings_its_job_while_the_lease_lasts_and_nothing_after(
    store: Store, offered: int
) -> None:
    """A person is asked then: the paper may have been printed again, and be settled."""
    last = 1 + LEASE // timedelta(seconds=1)
    assert not used(store, A, later=1)
    assert claim(store, A) == claim(store, A, later=last - 1)
    assert not used(store, A, later=last - 1)
    assert claim(store, A, later=last) is None
    assert used(store, A, later=last)
    assert not used(store, A, agent="quay-3", later=last)
    assert not used(store, B, later=last)


def test_a_token_of_a_job_that_has_ended_brings_nothing(store: Store, offered: int) -> None:
    """Nor the unknown one: it would be reported as not begun, and printed again."""
    claim(store, A)
    for state in (JobState.UNKNOWN, JobState.PRINTED):
        report(store, offered, state)
        assert claim(store, A) is None
        assert used(store, A, later=1)


def test_two_agents_may_draw_one_token(store: Store, offered: int) -> None:
    """As two workstations do that got the same image of a disk: each takes its own papers."""
    with store.write() as tx:
        other = print_jobs.offer(tx, "quay-3", PAPER, until=NOW + timedelta(seconds=10))
    taken = [claim(store, A, agent=it) for it in ("quay-2", "quay-3")]
    assert [it and it.id for it in taken] == [offered, other]


def test_an_offer_that_has_ended_or_was_taken_back_is_not_given(store: Store, offered: int) -> None:
    """So what a dead process of the hub offered is printed by nobody."""
    assert claim(store, A, later=11) is None
    with store.write() as tx:
        assert print_jobs.withdraw(tx, offered)
        assert not print_jobs.withdraw(tx, offered)
    assert claim(store, A) is None
    with store.write() as tx:
        second = print_jobs.offer(tx, "quay-2", PAPER, until=NOW + timedelta(seconds=10))
        print_jobs.end_offers(tx, "quay-2")
    assert state(store, second) is JobState.WITHDRAWN


@pytest.mark.parametrize("certain", [JobState.PRINTED, JobState.NOT_BEGUN, JobState.REFUSED])
def test_what_is_certain_stays(store: Store, offered: int, certain: JobState) -> None:
    """Only the agent that has the job reports it, and a late word changes nothing."""
    claim(store, A)
    assert not report(store, offered, JobState.PRINTED, agent="quay-3")
    assert not report(store, offered, JobState.PRINTED, token=B)
    assert report(store, offered, JobState.UNKNOWN)
    assert report(store, offered, certain)
    assert not report(store, offered, certain)
    assert not report(store, offered, JobState.UNKNOWN)
    assert state(store, offered) is certain


def test_a_lease_is_renewed_while_the_agent_asks(store: Store, offered: int) -> None:
    """Not before half of it is over: most questions only read."""
    claim(store, A)
    for passed, due in ((0.2, []), (0.8, [offered])):
        with store.write() as tx:
            now = NOW + LEASE * passed
            assert list(print_jobs.renewable(tx, "quay-2", [offered, 77], now=now)) == due
            assert list(print_jobs.renewable(tx, "quay-3", [offered], now=now)) == []
            print_jobs.renew(tx, "quay-2", due, now=now)
    with store.read() as tx:
        kept = print_jobs.find(tx, offered)
    assert kept is not None
    assert kept.lease_until == NOW + LEASE * 0.8 + LEASE
    with store.write() as tx:
        print_jobs.forget_old(tx, NOW + KEPT + timedelta(days=1))
        assert print_jobs.find(tx, offered) is None
