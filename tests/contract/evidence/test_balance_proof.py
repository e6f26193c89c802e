"""The balance is checked in small pages while the hub works, and proven by reading every row."""

from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.messages.catalog import READERS
from hub.operations.watchers.conservation import Conservation
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.conservation import balance, counts, imbalance, proof
from hub.store.deliveries import transitions
from hub.store.engine.store import Store, Tx
from hub.store.schema.tables.conservation import FULL, delivery_count_changes, delivery_counts
from hub.store.schema.tables.exchange import deliveries as table
from hub.store.schema.tables.exchange import journal as journal_table
from tests.contract.store.test_store import NOW, PARTNERS, progress
from tests.support.database.plans import carried_out

PASSED = NOW + timedelta(minutes=11)


def delivered(store: Store, *dossiers: int) -> list[int]:
    """Say one message of each dossier and deliver it; return the deliveries."""
    with store.write() as tx:
        emit(tx, [progress(n, 1) for n in dossiers], NOW)
        ids = list(tx.execute(sa.select(table.c.id).where(table.c.state == "pending")).scalars())
        transitions.claim(tx, ids, "provincial", now=NOW, lease_until=PASSED)
        transitions.deliver(tx, [(id, "") for id in ids], now=NOW, from_state=S.SENDING)
    return ids


def checked(store: Store) -> int:
    """Return up to which delivery the ids were compared."""
    with store.read() as tx:
        return imbalance.checked(tx).delivery_id


def test_a_sweep_folds_the_changes_and_moves_on_over_what_is_right(store: Store) -> None:
    """Afterwards the totals hold everything, and the next sweep begins behind the last delivery."""
    ids = delivered(store, 1, 2, 3)
    assert Conservation(store=store).check(PASSED) == 0
    assert checked(store) == ids[-1]
    with store.read() as tx:
        assert tx.execute(sa.select(delivery_count_changes)).all() == []
        rows = tx.execute(sa.select(delivery_counts.c.state, delivery_counts.c.count)).all()
    assert sorted(tuple(row) for row in rows) == [("accepted", 3), ("delivered", 3)]


def test_what_was_opened_a_moment_ago_is_left_for_later(store: Store) -> None:
    """PostgreSQL commits numbers out of order: one that was passed over would never be checked."""
    ids = delivered(store, 1, 2)
    with store.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == ids[1]).values(created_at=PASSED))
    Conservation(store=store).check(PASSED)
    assert checked(store) == ids[0]


@pytest.mark.parametrize("fault", ["without", "two"])
def test_a_fault_is_found_at_each_sweep_until_it_is_gone(store: Store, fault: str) -> None:
    """A delivery without its message, and a message that goes to two."""
    first, second = delivered(store, 1, 2)
    with store.write() as tx:
        if fault == "two":
            values = {"message_id": "m-1-1", "destination": "town_center"}
            tx.execute(sa.update(table).where(table.c.id == second).values(values))
        else:
            here = journal_table.c.id == "m-2-1"
            tx.execute(sa.update(journal_table).where(here).values(type="town.transfer"))
    look = Conservation(store=store).check
    assert (look(PASSED), look(PASSED), checked(store)) == (1, 1, 0)
    with store.write() as tx:
        tx.execute(sa.delete(table).where(table.c.id == second))
    assert (look(PASSED), checked(store)) == (0, first)


def test_a_full_balance_finds_kept_counts_that_are_not_those_of_the_rows(store: Store) -> None:
    """A row that was deleted by hand, and a state that was changed by hand."""
    ids = delivered(store, 1, 2, 3)
    with store.read() as tx:
        assert proof.prove(tx, READERS).good
    with store.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == ids[0]).values(state="cancelled"))
    with store.read() as tx:
        found = proof.prove(tx, READERS)
    assert [(it.what, it.id) for it in found.problems] == [
        ("kept count of cancelled", "0, not 1"),
        ("kept count of delivered", "3, not 2"),
    ]


def test_a_full_balance_counts_what_went_to_the_archive(store: Store) -> None:
    """Delivery and message are gone from the store, accepted stays."""
    ids = delivered(store, 1, 2, 3)
    with store.write() as tx:
        tx.execute(sa.delete(table).where(table.c.id == ids[0]))
        tx.execute(sa.delete(journal_table).where(journal_table.c.id == "m-1-1"))
        counts.record_archived(tx, "provincial", "delivered", 1)
    with store.read() as tx:
        found = proof.prove(tx, READERS)
    (province,) = [one for one in found.balances if one.destination == "provincial"]
    assert (found.good, province.accepted, province.states["archived"]) == (True, 3, 1)


def test_a_full_balance_reads_in_pages_and_tells_how_far_it_is(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page once; the last one reaches the end."""
    monkeypatch.setattr(proof, "PAGE", 2)
    ids = delivered(store, 1, 2, 3, 4, 5)
    told: list[tuple[str, int, int]] = []
    with store.read() as tx:
        found = proof.prove(tx, READERS, lambda *it: told.append(it))
    assert found.good
    steps = [(done, total) for what, done, total in told if what == "deliveries"]
    assert steps == [(min(n, ids[-1]), ids[-1]) for n in range(2, ids[-1] + 2, 2)]
    assert [what for what, done, total in told if done == total] == ["deliveries", "messages"]


def test_a_full_balance_without_fault_is_recorded_for_the_quick_one(store: Store) -> None:
    """The ids up to there need not be compared again."""
    delivered(store, 1, 2)
    with store.write() as tx:
        imbalance.record_proven(tx, 2, NOW)
        imbalance.record_proven(tx, 3, PASSED)
    with store.read() as tx:
        assert imbalance.checked(tx, FULL) == imbalance.Checked(3, PASSED)
        assert imbalance.checked(tx) == imbalance.Checked(3, PASSED)


def test_a_quick_balance_reads_what_is_open_and_no_delivery_that_is_settled(store: Store) -> None:
    """Among sixty that were delivered three are open; the counts of all others are kept."""
    with ExitStack() as stack:
        sqlite = store.name == "sqlite"
        done = [] if sqlite else stack.enter_context(carried_out(store))
        delivered(store, *range(1, 61))
        Conservation(store=store).check(PASSED)
        with store.write() as tx:
            emit(tx, [progress(n, 2) for n in range(1, 4)], NOW)
        with store.read() as tx:
            found = balance.balance(tx, PARTNERS)
            assert all(one.holds for one in found)
            if sqlite:
                assert not [
                    step for step in _plan(tx) if "deliveries" in step and "ix_" not in step
                ]
    read = [it.rows for it in done if "delivery_counts" in it.text and "deliveries" in it.text]
    assert sqlite or 0 < read[-1] <= 10


def _plan(tx: Tx) -> list[str]:
    """Return how SQLite carries out a quick balance."""
    texts: list[tuple[str, tuple[Any, ...]]] = []

    def note(*args: Any) -> None:
        texts.append((args[2], args[3]))

    sa.event.listen(tx.engine, "before_cursor_execute", note)
    balance.balance(tx, PARTNERS)
    sa.event.remove(tx.engine, "before_cursor_execute", note)
    ((text, values),) = texts
    return [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()]
