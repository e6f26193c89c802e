"""The kept counts of deliveries equal a full count at every moment, on both databases."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.messages import catalog
from hub.operations.deliveries import resend
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.states import FINAL, MOVES
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.conservation import counts
from hub.store.deliveries import schedule, superseding, transitions
from hub.store.engine.store import Store, Tx
from hub.store.repair import restore
from hub.store.schema.tables.exchange import attempts
from hub.store.schema.tables.exchange import deliveries as table
from hub.store.schema.tables.exchange import journal as journal_table
from tests.contract.store.test_store import NOW, open_deliveries, progress
from tests.support.works import number

LATER = NOW + timedelta(minutes=1)
READERS = {entry.name: entry.reader for entry in catalog.CATALOG}


def counted(tx: Tx) -> dict[tuple[str, str], int]:
    """Count every row: accepted by the journal, final states by the deliveries."""
    c, j = table.c, journal_table.c
    said = sa.select(j.type, sa.func.count()).where(j.state == "outgoing").group_by(j.type)
    found: Counter[tuple[str, str]] = Counter()
    for type, count in tx.execute(said):
        found[READERS[type], "accepted"] += count
    final = sa.select(c.destination, c.state, sa.func.count())
    final = final.where(c.settled_at.is_not(None)).group_by(c.destination, c.state)
    for destination, state, count in tx.execute(final):
        found[destination, state] += count
    return dict(found)


def kept(tx: Tx) -> dict[tuple[str, str], int]:
    """Return the kept counts that are not nothing."""
    every = counts.kept(tx).items()
    return {(to, state): n for to, states in every for state, n in states.items() if n}


def difference(store: Store) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    """Return both counts, as they are in one view of the store."""
    with store.read() as tx:
        return kept(tx), counted(tx)


class Walk:
    """Takes legal moves of deliveries by chance, by the functions that the hub itself uses."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.chance = random.Random(seed)
        self.said = 0
        self.made: set[tuple[S, S]] = set()
        self.other: list[Callable[[Tx], object]] = [
            self._say,
            lambda tx: schedule.expire_leases(tx, now=LATER),
            lambda tx: counts.fold(tx, limit=self.chance.choice([1, 3, 100])),
        ]

    def step(self) -> None:
        """Take one step in a transaction of its own, which may be rolled back."""
        doomed = self.chance.random() < 0.1
        made: list[tuple[S, S]] = []
        try:
            with self.store.write() as tx:
                if self.chance.random() < 0.3:
                    self.chance.choice(self.other)(tx)
                else:
                    made = self._move(tx)
                if doomed:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            return
        self.made.update(made)

    def _say(self, tx: Tx) -> None:
        """Say new messages, and one that was said before."""
        self.said += 3
        dossier = self.chance.randint(1, 40)
        emit(tx, [progress(dossier, self.said + n) for n in (-2, -1, -1, 0)], NOW)

    def _move(self, tx: Tx) -> list[tuple[S, S]]:
        c = table.c
        query = sa.select(c.id, c.state).where(c.settled_at.is_(None))
        wanted = self.chance.choice(list(S))
        found = tx.execute(query.where(c.state == wanted.value).order_by(c.id)).all()
        if not found:
            return []
        row = self.chance.choice(found)
        since, target = S(row.state), self.chance.choice(sorted(MOVES[S(row.state)]))
        self._take(tx, row.id, since, target)
        return [(since, target)]

    def _take(self, tx: Tx, id: int, since: S, target: S) -> None:
        match target:
            case S.DELIVERED:
                transitions.deliver(tx, [(id, "T")], now=NOW, from_state=since)
            case S.CANCELLED:
                transitions.cancel(tx, id, from_state=since, now=NOW, detail="")
            case S.SUPERSEDED:
                transitions.supersede(tx, id, from_state=since, now=NOW)
            case S.BY_HAND:
                transitions.deliver_by_hand(tx, id, from_state=since, now=NOW, detail="")
            case S.WAITING:
                transitions.wait(tx, id, from_state=since, when=NOW, code="partner_busy", detail="")
            case S.AMBIGUOUS:
                transitions.doubt(
                    tx, id, from_state=since, query_at=NOW, code="reply_timeout", detail=""
                )
            case S.DEAD:
                transitions.kill(tx, id, from_state=since, code="partner_refused", detail="")
            case S.SENDING:
                transitions.claim(tx, [id], "provincial", now=NOW, lease_until=NOW)
            case S.PENDING if since is S.DEAD:
                transitions.replay(tx, id, now=NOW)
        _, destination, lane = transitions.place_of(tx, id)
        transitions.release_followers(tx, destination, [lane], NOW)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_kept_counts_are_the_full_count_after_every_step(store: Store, seed: int) -> None:
    """Every way into a final state, repeats, rolled back steps and foldings in between."""
    walk = Walk(store, seed)
    wanted = {(since, to) for since, moves in MOVES.items() for to in moves & FINAL}
    for steps in range(4000):
        walk.step()
        if steps % 10 == 0 or steps < 50:
            mine, full = difference(store)
            assert mine == full
        if steps >= 100 and wanted <= walk.made:
            break
    mine, full = difference(store)
    assert mine == full
    assert wanted <= walk.made


def test_what_is_overtaken_before_its_retry_is_counted(store: Store) -> None:
    """The one final move that is made for many deliveries by one statement."""
    first, second = progress(1, 1), progress(1, 2)
    (id,) = open_deliveries(store, first, second)
    with store.write() as tx:
        transitions.claim(tx, [id], "provincial", now=NOW, lease_until=LATER)
        transitions.wait(tx, id, from_state=S.SENDING, when=NOW, code="partner_busy", detail="")
        tx.execute(sa.update(table).values(newest_only=True))
    with store.write() as tx:
        assert superseding.supersede_overtaken(tx, [id], "provincial", NOW)
    mine, full = difference(store)
    assert mine == full
    assert mine["provincial", "superseded"] == 1


def test_a_corrected_copy_counts_as_accepted_and_the_dead_one_as_cancelled(store: Store) -> None:
    """Resend records a message of its own."""
    (id,) = open_deliveries(store, progress(1, 1))
    with store.write() as tx:
        transitions.claim(tx, [id], "provincial", now=NOW, lease_until=LATER)
        transitions.kill(tx, id, from_state=S.SENDING, code="partner_refused", detail="")
    payload = resend.payload_of(store, id).replace("Lê Văn Thử".encode(), "Trần Thử".encode())
    by: SignedBy = {"actor": "officer", "reason": "x", "now": NOW}
    resend.resend(store, resend.correct(store, id, payload, now=NOW), by=by)
    mine, full = difference(store)
    assert mine == full == {("provincial", "accepted"): 2, ("provincial", "cancelled"): 1}


def test_a_restored_database_has_the_counts_of_its_copy(store: Store) -> None:
    """Doubting everything settles nothing."""
    open_deliveries(store, *(progress(n, 1) for n in range(1, 6)))
    with store.write() as tx:
        restore.doubt_everything(tx, now=NOW)
    mine, full = difference(store)
    assert mine == full == {("provincial", "accepted"): 5}


def test_what_is_archived_moves_from_its_state_to_archived_and_back(store: Store) -> None:
    """Accepted stays; the row and its message are gone, and the counts still add up."""
    ids = open_deliveries(store, *(progress(n, 1) for n in range(1, 4)))
    with store.write() as tx:
        transitions.claim(tx, ids, "provincial", now=NOW, lease_until=LATER)
        transitions.deliver(tx, [(id, "") for id in ids], now=NOW, from_state=S.SENDING)
    with store.write() as tx:
        tx.execute(sa.delete(attempts))
        tx.execute(sa.delete(table).where(table.c.id.in_(ids[:2])))
        tx.execute(sa.delete(journal_table).where(journal_table.c.key.in_([number(1), number(2)])))
        counts.record_archived(tx, "provincial", "delivered", 2)
    with store.read() as tx:
        assert counts.kept(tx)["provincial"] == {"accepted": 3, "delivered": 1, "archived": 2}
    with store.write() as tx:
        counts.record_archived(tx, "provincial", "delivered", -1)
        counts.fold(tx)
        assert counts.kept(tx)["provincial"] == {"accepted": 3, "delivered": 2, "archived": 1}
    with pytest.raises(sa.exc.IntegrityError), store.write() as tx:
        counts.record_archived(tx, "provincial", "waiting", 1)


def test_folding_leaves_one_row_a_count_and_nothing_to_fold(store: Store) -> None:
    """What an answer reads stays small, however much was done."""
    for n in range(1, 6):
        open_deliveries(store, progress(n, 1))
    with store.write() as tx:
        assert counts.fold(tx, limit=2) == 2
        assert counts.fold(tx, limit=100) == 3
        assert counts.fold(tx) == 0
        totals = tx.execute(sa.text("SELECT destination, state, count FROM delivery_counts")).all()
    assert [tuple(row) for row in totals] == [("provincial", "accepted", 5)]


def _work(store: Store, first: int) -> None:
    for n in range(first, first + 8):
        for id in _said(store, n):
            with store.write() as tx:
                transitions.claim(tx, [id], "provincial", now=NOW, lease_until=LATER)
            with store.write() as tx:
                transitions.deliver(tx, [(id, "")], now=NOW, from_state=S.SENDING)


def _said(store: Store, n: int) -> Iterator[int]:
    with store.write() as tx:
        emit(tx, [progress(n, 1)], NOW)
        query = sa.select(table.c.id).where(table.c.message_id == f"m-{n}-1")
        id = tx.execute(query).scalar_one()
    yield id


def test_a_reader_sees_the_counts_agree_while_others_work_and_fold(store: Store) -> None:
    """Four writers, two that fold, one that compares: both counts agree in every view."""
    writers = [threading.Thread(target=_work, args=(store, 10 * n)) for n in range(1, 5)]
    over = threading.Event()

    def fold() -> None:
        while not over.is_set():
            with store.write() as tx:
                counts.fold(tx, limit=3)

    folders = [threading.Thread(target=fold) for _ in range(2)]
    for thread in [*writers, *folders]:
        thread.start()
    try:
        while any(thread.is_alive() for thread in writers):
            mine, full = difference(store)
            assert mine == full
    finally:
        for thread in writers:
            thread.join()
        over.set()
        for thread in folders:
            thread.join()
    mine, full = difference(store)
    assert mine == full
    assert mine["provincial", "delivered"] == 32
