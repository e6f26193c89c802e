"""A record gives way to a newer one only when that stays; a person may take it out meanwhile."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from hub import operations
from hub.exchange.outbox.emit import emit
from hub.operations.deliveries import resend
from hub.operations.deliveries.replay_run import CHANGED, ReplayRun
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import superseding, transitions
from hub.store.deliveries.transitions import StateConflict
from hub.store.engine.store import Store
from hub.store.repair import replays, restore
from hub.store.schema.tables.repair import SUPERSEDED
from tests.support.database.blocked import wait_blocked
from tests.support.database.watched import after_each_statement
from tests.support.works import AT, number, record, step

OLD, NEW = 1, 2
HOUR = timedelta(hours=1)


@pytest.fixture
def postgres(postgres_store: Store) -> Store:
    """A migrated, empty store on PostgreSQL."""
    return postgres_store


def two_records(store: Store, state: S) -> None:
    """Say two records of a dossier, so that the older one is waiting, or dead."""
    with store.write() as tx:
        emit(tx, [record(1, 2), record(1, 3)], AT)
        transitions.claim(tx, [OLD], "provincial", now=AT, lease_until=AT)
        since, code = S.SENDING, "partner_busy"
        if state is S.DEAD:
            transitions.kill(tx, OLD, from_state=since, code=code, detail="")
        else:
            transitions.wait(tx, OLD, from_state=since, when=AT, code=code, detail="")


def retry(tx: Any) -> list[tuple[int, str]]:
    """Do what the claim of a retry does with what is overtaken."""
    found = superseding.supersede_overtaken(tx, [OLD], "provincial", AT)
    transitions.release_followers(tx, "provincial", {lane for _, lane in found}, AT)
    return found


def retried(store: Store) -> None:
    """Claim the retry of the older one."""
    with store.write() as tx:
        retry(tx)


def replayed(store: Store) -> None:
    """Run a plan that was made when the newer one still stood."""
    item = replays.ReplayItem(delivery_id=OLD, attempts=1, fault="partner_busy", verdict=SUPERSEDED)
    with store.write() as tx:
        plan = replays.create(tx, replays.ReplayFilter(), [item], actor="officer", now=AT)
    run = ReplayRun(
        store,
        plan,
        actor="officer",
        reason="fixed there",
        clock=lambda: AT,
        on_delivered=lambda *_: None,
    )
    assert run.run().outcomes == {CHANGED: 1}


def cancel(store: Store, id: int, *, neither: bool = False) -> None:
    """Take a delivery out."""
    operations.cancel(store, id, actor="officer", reason="by phone", now=AT, neither=neither)


def states(store: Store) -> list[S]:
    """Return where the older and the newer one stand."""
    with store.read() as tx:
        return [transitions.place_of(tx, id, lock=False)[0] for id in (OLD, NEW)]


class Person:
    """Cancels a delivery, and stops before the commit until told to go on."""

    def __init__(self, store: Store, id: int, patch: pytest.MonkeyPatch) -> None:
        self.failures: list[Exception] = []
        self.moved, self.go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: self._cancel(store, id))
        after_each_statement(patch, store, self._stop)
        self._thread.start()
        assert self.moved.wait(20)

    def finish(self) -> None:
        """Go on to the end."""
        self.go.set()
        self._thread.join(20)
        assert (self._thread.is_alive(), self.failures) == (False, [])

    def _stop(self, statement: str) -> None:
        if threading.current_thread() is self._thread and "UPDATE deliveries" in statement:
            self.moved.set()
            assert self.go.wait(20)

    def _cancel(self, store: Store, id: int) -> None:
        try:
            cancel(store, id)
        except Exception as error:
            self.failures.append(error)


def beside(store: Store, person: Person, work: Callable[[Store], None]) -> None:
    """Do something while a person is about to commit, who goes on when it waits or has ended."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work(store)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_blocked(store, thread)
    person.finish()
    thread.join(20)
    assert (thread.is_alive(), failures) == (False, [])


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("state", "work"), [(S.WAITING, retried), (S.DEAD, replayed)], ids=["retry", "replay"]
)
def test_nothing_gives_way_to_what_is_being_cancelled(
    postgres: Store,
    monkeypatch: pytest.MonkeyPatch,
    state: S,
    work: Callable[[Store], None],
) -> None:
    """The cancelling is not committed yet: it is waited for, and the older one stays."""
    two_records(postgres, state)
    beside(postgres, Person(postgres, NEW, monkeypatch), work)
    assert states(postgres) == [state, S.CANCELLED]


@pytest.mark.postgres
def test_who_cancels_the_older_one_and_who_supersedes_it_wait_in_no_ring(
    postgres: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person has the older one and releases the newer; the claim wants both."""
    two_records(postgres, S.WAITING)
    beside(postgres, Person(postgres, OLD, monkeypatch), retried)
    assert states(postgres) == [S.CANCELLED, S.PENDING]


@pytest.mark.postgres
def test_a_person_who_comes_second_is_told_that_the_older_one_is_gone(postgres: Store) -> None:
    """It was there when the person decided: cancelling the newer one now would leave neither."""
    two_records(postgres, S.WAITING)
    told: list[str] = []

    def late() -> None:
        try:
            cancel(postgres, NEW)
        except StateConflict as error:
            told.append(str(error))

    person = threading.Thread(target=late)
    with postgres.write() as tx:
        assert retry(tx) == [(OLD, number(1))]
        person.start()
        assert wait_blocked(postgres, person)
    person.join(20)
    assert [f"delivery {OLD} was superseded by it" in text for text in told] == [True]
    assert states(postgres) == [S.SUPERSEDED, S.PENDING]


def test_what_another_gave_way_to_is_cancelled_only_by_who_says_that_neither_arrives(
    store: Store,
) -> None:
    """On both databases, and however long ago it was."""
    two_records(store, S.WAITING)
    retried(store)
    with pytest.raises(StateConflict, match="neither"):
        cancel(store, NEW)
    assert states(store) == [S.SUPERSEDED, S.PENDING]
    cancel(store, NEW, neither=True)
    assert states(store) == [S.SUPERSEDED, S.CANCELLED]


def put_back(store: Store) -> None:
    """Have all of it asked about, as after an old copy was put back."""
    with store.write() as tx:
        restore.doubt_everything(tx, now=AT - HOUR)


def test_a_newer_one_from_before_a_restore_is_not_cancelled_before_the_older_one(
    store: Store,
) -> None:
    """It may be at the partner since the copy was made: the older one would go after it."""
    two_records(store, S.WAITING)
    put_back(store)
    with pytest.raises(StateConflict, match=f"older content of delivery {OLD}"):
        cancel(store, NEW, neither=True)
    by: operations.SignedBy = {"actor": "officer", "reason": "looked", "now": AT}
    operations.resolve(store, OLD, operations.Resolution.ABSENT, **by)
    retried(store)
    assert states(store) == [S.SUPERSEDED, S.AMBIGUOUS]


def test_the_older_one_may_itself_wait_behind_another(store: Store) -> None:
    """It is held then."""
    with store.write() as tx:
        emit(tx, [step(1, 1), record(1, 2), record(1, 3)], AT)
    put_back(store)
    with pytest.raises(StateConflict, match="older content of delivery 2"):
        cancel(store, 3)
    cancel(store, 2)
    cancel(store, 3)


def test_another_type_from_before_a_restore_is_cancelled_at_once(store: Store) -> None:
    """It replaces nothing."""
    with store.write() as tx:
        emit(tx, [record(1, 2), step(1, 3)], AT)
    put_back(store)
    cancel(store, NEW)
    assert states(store) == [S.AMBIGUOUS, S.CANCELLED]


def test_a_newer_one_from_before_a_restore_is_cancelled_after_the_older_one(store: Store) -> None:
    """Nothing of that dossier goes any more."""
    two_records(store, S.WAITING)
    put_back(store)
    cancel(store, OLD)
    assert states(store) == [S.CANCELLED, S.AMBIGUOUS]
    operations.cancel(store, NEW, actor="officer", reason="by phone", now=AT + HOUR)
    assert states(store) == [S.CANCELLED, S.CANCELLED]


def test_a_corrected_copy_does_not_go_after_a_newer_one_from_before_a_restore(
    store: Store,
) -> None:
    """The newer one may have gone out while the older one gave way to it."""
    two_records(store, S.DEAD)
    correction = corrected(store)
    put_back(store)
    by: operations.SignedBy = {"actor": "officer", "reason": "a typing error", "now": AT}
    with pytest.raises(StateConflict, match=f"the newer delivery {NEW}"):
        resend.resend(store, correction, by=by)
    assert states(store) == [S.DEAD, S.HELD]


def test_a_corrected_copy_goes_before_a_newer_one_that_came_after_the_restore(
    store: Store,
) -> None:
    """That one has not gone out."""
    with store.write() as tx:
        emit(tx, [record(1, 2)], AT)
        transitions.claim(tx, [OLD], "provincial", now=AT, lease_until=AT)
        transitions.kill(tx, OLD, from_state=S.SENDING, code="partner_refused", detail="")
    put_back(store)
    with store.write() as tx:
        emit(tx, [record(1, 3)], AT)
    by: operations.SignedBy = {"actor": "officer", "reason": "a typing error", "now": AT}
    opened = resend.resend(store, corrected(store), by=by)
    assert states(store) == [S.CANCELLED, S.HELD]
    with store.read() as tx:
        assert transitions.place_of(tx, opened, lock=False)[0] is S.PENDING


def corrected(store: Store) -> resend.Correction:
    """Correct a word of the older one."""
    payload = msgspec.json.decode(resend.payload_of(store, OLD))
    payload["trichYeu"] = "a name without its typing error"
    return resend.correct(store, OLD, msgspec.json.encode(payload), now=AT)


@pytest.mark.parametrize("by_hand", [False, True], ids=["behind it", "on paper"])
def test_what_is_not_the_only_one_left_is_cancelled_at_once(store: Store, *, by_hand: bool) -> None:
    """Another newer one still goes, or was taken there on paper: something of it arrives."""
    two_records(store, S.WAITING)
    with store.write() as tx:
        emit(tx, [record(1, 4)], AT)
        retry(tx)
    taken_out = NEW
    if by_hand:
        operations.deliver_by_hand(store, NEW, actor="officer", reason="CV 12/UBND", now=AT)
        taken_out = NEW + 1
    cancel(store, taken_out)
    with store.read() as tx:
        assert transitions.place_of(tx, taken_out, lock=False)[0] is S.CANCELLED


def test_nothing_gives_way_to_what_was_cancelled(store: Store) -> None:
    """The older one is the newest again and goes out."""
    two_records(store, S.WAITING)
    cancel(store, NEW)
    retried(store)
    assert states(store) == [S.WAITING, S.CANCELLED]
