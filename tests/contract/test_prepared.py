"""Prepared statements keep the store's manners on both databases: times, errors, many rows."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.store.engine import Store, insert_for, is_away
from hub.store.prepared import Prepared, among, columns_of
from hub.store.tables import inbox

NOW = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)
MEET = Prepared(
    lambda it: insert_for(it, inbox).on_conflict_do_nothing().returning(inbox.c.dedup_key),
    columns=columns_of(inbox),
)
READ = Prepared(
    sa.select(inbox).where(among(inbox.c.dedup_key, "keys")).order_by(inbox.c.dedup_key)
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
    wrong = Prepared(sa.text("SELECT nothing FROM nowhere WHERE secret = :word"))
    with pytest.raises(sa.exc.DBAPIError) as told, store.write() as tx:
        wrong.all(tx, {"word": "Nguyễn Văn Mẫu"})
    assert not is_away(told.value)
    assert "Mẫu" not in str(told.value)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_line_that_was_cut_counts_as_absence_and_the_next_one_is_new(store: Store) -> None:
    """Whoever waits for the store goes on with lines that work, also those that lay idle."""
    with store.read(), store.read() as tx:
        READ.all(tx, {"keys": []})
    end = Prepared(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with pytest.raises(sa.exc.DBAPIError) as told, store.read() as tx:
        end.all(tx)
    assert is_away(told.value)
    with store.read() as tx:
        assert READ.all(tx, {"keys": []}) == []
