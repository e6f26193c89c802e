"""Prepared statements keep the store's rules on both databases: times, errors, many rows."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.store.engine.store import Store, insert_for, is_away
from hub.store.schema.tables.exchange import inbox
from hub.store.statements.compiled import Compiled, any_of, columns_of
from tests.support.database.plans import carried_out

NOW = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)
MEET = Compiled(
    lambda it: insert_for(it, inbox).on_conflict_do_nothing().returning(inbox.c.dedup_key),
    columns=columns_of(inbox),
)
READ = Compiled(
    sa.select(inbox).where(any_of(inbox.c.dedup_key, "keys")).order_by(inbox.c.dedup_key)
)


def row(n: int) -> dict[str, object]:
    """Return the `n`-th row."""
    return {
        "dedup_key": f"k{n:03d}",
        "message_id": f"m{n}",
        "received_at": NOW + timedelta(seconds=n),
    }


@pytest.mark.parametrize("count", [1, 2, 8, 63, 64, 65, 137])
def test_many_rows_are_told_one_by_one_whether_they_are_new(store: Store, count: int) -> None:
    """However many are put together into one statement."""
    rows = [row(n) for n in range(count)]
    with store.write() as tx:
        assert MEET.all_each(tx, rows[::2]) == [(it["dedup_key"],) for it in rows[::2]]
        new = MEET.all_each(tx, rows)
        assert {it.dedup_key for it in new} == {it["dedup_key"] for it in rows[1::2]}
        read = READ.all(tx, {"keys": [it["dedup_key"] for it in rows]})
    assert [it.received_at for it in read] == [it["received_at"] for it in rows]


def test_an_empty_list_finds_nothing(store: Store) -> None:
    """It is no error, and not everything."""
    with store.write() as tx:
        MEET.run(tx, row(1))
        assert READ.all(tx, {"keys": []}) == []


def test_a_time_without_zone_is_refused(store: Store) -> None:
    """As everywhere in the store; nothing is written."""
    with pytest.raises(ValueError, match="timezone"), store.write() as tx:
        MEET.run(tx, row(1) | {"received_at": datetime(2018, 8, 6)})  # noqa: DTZ001
    with store.read() as tx:
        assert READ.all(tx, {"keys": ["k001"]}) == []


def test_an_error_is_that_of_the_store(store: Store) -> None:
    """A wrong statement is no absence, and its error holds no value."""
    wrong = Compiled(sa.text("SELECT nothing FROM nowhere WHERE secret = :word"))
    with pytest.raises(sa.exc.DBAPIError) as told, store.write() as tx:
        wrong.all(tx, {"word": "Nguyễn Văn Mẫu"})
    assert not is_away(told.value)
    assert "Mẫu" not in str(told.value)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_line_that_was_cut_counts_as_absence_and_the_next_one_is_new(store: Store) -> None:
    """Whoever waits for the store goes on with lines that work, also those that lay idle."""
    with store.read(), store.read() as tx:
        READ.all(tx, {"keys": []})
    end = Compiled(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with pytest.raises(sa.exc.DBAPIError) as told, store.read() as tx:
        end.all(tx)
    assert is_away(told.value)
    with store.read() as tx:
        assert READ.all(tx, {"keys": []}) == []


SAVE = Compiled(
    sa.update(inbox)
    .where(inbox.c.dedup_key == sa.bindparam("which"), inbox.c.message_id == sa.bindparam("was"))
    .values(message_id=sa.bindparam("id"), received_at=sa.bindparam("at")),
    key="which",
)


def change(n: int, *, was: str | None = None) -> dict[str, object]:
    """Return a change of the `n`-th row."""
    at = NOW + timedelta(days=n)
    return {"which": f"k{n:03d}", "was": was or f"m{n}", "id": f"new {n}", "at": at}


@pytest.mark.parametrize("count", [1, 2, 70])
def test_rows_that_are_updated_together_get_what_is_meant_for_each(
    store: Store, count: int
) -> None:
    """And one that is not as it is said to be stays as it is, and does not count."""
    with store.write() as tx:
        MEET.all_each(tx, [row(n) for n in range(count + 1)])
        changes = [change(n) for n in range(count)] + [change(count, was="another")]
        assert SAVE.run_each(tx, changes[::-1]) == count
        read = READ.all(tx, {"keys": [it["dedup_key"] for it in map(row, range(count + 1))]})
    assert [it.message_id for it in read] == [f"new {n}" for n in range(count)] + [f"m{count}"]
    assert [it.received_at for it in read[:-1]] == [it["at"] for it in changes[:-1]]


def test_two_changes_of_one_row_in_one_statement_are_refused(store: Store) -> None:
    """PostgreSQL would carry out one of them and not say which; SQLite refuses it too."""
    with pytest.raises(ValueError, match="two rows with one key"), store.write() as tx:
        SAVE.run_each(tx, [change(1), change(2), change(1)])


def test_without_a_key_rows_are_updated_one_by_one(store: Store) -> None:
    """They may have any parameter in common; all that were written count."""
    moved = Compiled(
        sa.update(inbox)
        .where(inbox.c.received_at == sa.bindparam("at"), inbox.c.dedup_key == sa.bindparam("it"))
        .values(message_id=sa.bindparam("id"))
    )
    with store.write() as tx:
        MEET.all_each(tx, [row(n) | {"received_at": NOW} for n in range(3)])
        changes = [{"at": NOW, "it": f"k{n:03d}", "id": f"new {n}"} for n in (2, 0, 7)]
        assert moved.run_each(tx, changes) == 2
        read = READ.all(tx, {"keys": ["k000", "k001", "k002"]})
    assert [it.message_id for it in read] == ["new 0", "m1", "new 2"]


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        (inbox.c.dedup_key == sa.bindparam("it"), "another"),
        (inbox.c.received_at > sa.bindparam("it"), "it"),
        (sa.or_(inbox.c.dedup_key == sa.bindparam("it"), inbox.c.message_id == "m1"), "it"),
    ],
)
def test_a_key_that_no_column_has_to_equal_is_refused(
    store: Store, condition: sa.ColumnElement[bool], key: str
) -> None:
    """Its rows would not be those that the array names."""
    wrong = Compiled(sa.update(inbox).where(condition).values(message_id="x"), key=key)
    with pytest.raises(ValueError, match="not compared"), store.write() as tx:
        wrong.run(tx, {"it": "k001"})


def test_a_key_is_found_wherever_it_stands_in_the_condition(store: Store) -> None:
    """And not taken for a parameter whose name begins as its own does."""
    odd = Compiled(
        sa.update(inbox)
        .where(inbox.c.received_at == sa.bindparam("d_at"), inbox.c.dedup_key == sa.bindparam("d"))
        .values(message_id=sa.bindparam("id")),
        key="d",
    )
    with store.write() as tx:
        MEET.all_each(tx, [row(n) for n in range(3)])
        at = [row(n)["received_at"] for n in range(3)]
        changes = [{"d": f"k{n:03d}", "d_at": at[n], "id": f"new {n}"} for n in (2, 0)]
        assert odd.run_each(tx, changes) == 2


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_an_update_of_many_rows_compares_no_row_with_all_the_others(store: Store) -> None:
    """A join with the arrays would: hash joins are off, so each row would meet each."""
    with carried_out(store) as seen:
        store.engine.dispose()
        with store.write() as tx:
            MEET.all_each(tx, [row(n) for n in range(100)])
            assert SAVE.run_each(tx, [change(n) for n in range(100)]) == 100
    (update,) = [done for done in seen if "UPDATE inbox" in done.text]
    assert "Rows Removed by Join Filter" not in str(update.plan)
