"""Dossiers that wait to be received, claimed on both databases: two callers never get the same."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.messages.payloads import Applicant, ApplicantKind, Channel, Status
from hub.store.engine.store import Store
from hub.store.records import dossier_claims, dossiers
from hub.store.records.dossier_claims import ClaimedDossiers, Wanted
from hub.store.records.dossiers import Dossier
from hub.store.schema.tables.records import dossier_claims as table
from hub.store.schema.tables.records import dossiers as dossier_table
from tests.support.gateway.clients import add_client
from tests.support.ward import BIRTH, MONDAY
from tests.support.works import now

LEASE = timedelta(minutes=15)
WAITING = 40


def number_of(nth: int, agency: str = "000.99.01.H57") -> str:
    """Return the number of a dossier."""
    return f"{agency}-180806-{nth:04}"


def dossier_of(number: str, at: datetime, status: Status = Status.REGISTERED) -> Dossier:
    """Return a dossier that was submitted online."""
    return Dossier(
        number=number,
        procedure=BIRTH,
        sector="Hộ tịch",
        inter_level=False,
        channel=Channel.ONLINE,
        applicant=Applicant(name="Nguyễn Văn Mẫu", kind=ApplicantKind.CITIZEN),
        summary="",
        components=(),
        parcels=(),
        officer="",
        received_at=at,
        due_at=at + timedelta(days=9),
        first_due_at=at + timedelta(days=9),
        status=status,
        status_at=at,
    )


@pytest.fixture
def waiting(store: Store) -> Store:
    """A store with dossiers that wait, the oldest first, and two clients."""
    with store.write() as tx:
        for nth in range(WAITING):
            dossiers.add(tx, dossier_of(number_of(nth), MONDAY + timedelta(minutes=nth)))
    for id in ("first", "second"):
        add_client(store, id, now=now())
    return store


def claim(
    store: Store,
    client: str = "first",
    *,
    limit: int = 5,
    key: str = "",
    at: datetime = MONDAY,
    agency: str = "",
) -> ClaimedDossiers | None:
    """Claim dossiers of an agency, or of any."""
    wanted = Wanted(
        client=client,
        key=key,
        limit=limit,
        lease=LEASE,
        allowed=lambda number: number.startswith(agency),
    )
    with store.write() as tx:
        return dossier_claims.claim(tx, wanted, now=at)


def numbers(claimed: ClaimedDossiers | None) -> list[str]:
    """Return the numbers that were claimed, in their order."""
    assert claimed is not None
    return [dossier.number for dossier in claimed.dossiers]


def test_callers_at_once_never_get_the_same(waiting: Store) -> None:
    """Eight threads of two clients: together they get every dossier, each once."""
    with ThreadPoolExecutor(8) as threads:
        clients = ["first", "second"] * 8
        found = list(threads.map(lambda client: numbers(claim(waiting, client)), clients))
    got = [number for one in found for number in one]
    assert sorted(got) == [number_of(nth) for nth in range(WAITING)]


def test_the_oldest_come_first_and_a_second_call_gets_the_next(waiting: Store) -> None:
    """The same client, too, is given none twice while it holds them."""
    assert numbers(claim(waiting)) == [number_of(nth) for nth in range(5)]
    assert numbers(claim(waiting)) == [number_of(nth) for nth in range(5, 10)]


def test_a_claim_ends_with_its_lease(waiting: Store) -> None:
    """Not a moment earlier; then another caller is given the dossiers."""
    assert len(numbers(claim(waiting, limit=WAITING))) == WAITING
    just_before = MONDAY + LEASE - timedelta(microseconds=1)
    assert numbers(claim(waiting, "second", at=just_before)) == []
    assert len(numbers(claim(waiting, "second", limit=WAITING, at=MONDAY + LEASE))) == WAITING
    with waiting.read() as tx:
        holders = tx.execute(sa.select(table.c.client).distinct()).scalars().all()
    assert holders == ["second"]


def test_a_repeated_call_gets_the_same_dossiers(waiting: Store) -> None:
    """By its key, while they are held; another client's key is another key."""
    first = claim(waiting, key="a")
    again = claim(waiting, key="a", at=MONDAY + LEASE / 2)
    assert first is not None
    assert again is not None
    assert (again.before, again.until) == (True, first.until)
    assert numbers(again) == numbers(first)
    assert set(numbers(claim(waiting, "second", key="a"))).isdisjoint(numbers(first))
    assert claim(waiting, key="a", limit=6) is None
    after = claim(waiting, key="a", at=MONDAY + LEASE)
    assert after is not None
    assert not after.before


def test_what_waits_no_more_is_not_given(waiting: Store) -> None:
    """A dossier that was received since, or erased, held or not."""
    moved = sa.update(dossier_table).where(dossier_table.c.number == number_of(0))
    erased = sa.update(dossier_table).where(dossier_table.c.number == number_of(1))
    with waiting.write() as tx:
        tx.execute(moved.values(status=int(Status.ACCEPTED)))
        tx.execute(erased.values(erased_at=MONDAY))
    assert numbers(claim(waiting, limit=2)) == [number_of(2), number_of(3)]


def test_a_caller_is_given_dossiers_of_its_agencies_only(waiting: Store) -> None:
    """However many of others stand before them."""
    theirs, at = "000.11.02.H57", MONDAY + timedelta(days=1)
    with waiting.write() as tx:
        for nth in range(600):
            dossiers.add(tx, dossier_of(number_of(1000 + nth), at))
        dossiers.add(tx, dossier_of(number_of(1, theirs), at + timedelta(hours=1)))
    assert numbers(claim(waiting, agency=theirs)) == [number_of(1, theirs)]
    assert numbers(claim(waiting, agency=theirs)) == []
