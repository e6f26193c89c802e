"""What the timer asks many times a minute does not read whole tables.

Only on SQLite: PostgreSQL chooses by what it knows of a table, and these are empty.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from hub.exchange.housekeeping.timer import Timer
from hub.store.deliveries import doubts, pauses, schedule
from hub.store.engine.store import Store
from hub.store.messages import parked
from hub.store.monitoring import attention, work_counts
from tests.support.database.traced import traced

NOW = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """An empty SQLite store."""
    return sqlite_store


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """Collect the statements that run during the block, however they are sent."""
    seen: list[str] = []
    with traced() as sent:
        store.close()  # it opens new connections, which are traced
        yield seen
    seen += [one.text for one in sent]


def plans(store: Store, table: str, texts: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (statement, how the database carries it out) of those that look into a table."""
    for text in texts:
        if table in text and "WHERE" in text:
            with store.read() as tx:
                marks = tuple("x" * text.count("?"))
                rows = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", marks).all()
            yield text, "\n".join(row[3] for row in rows)


def test_what_is_unhandled_is_found_by_its_own_index(store: Store) -> None:
    """The journal keeps every message there ever was; the index holds the few that wait."""
    with statements(store) as seen:
        Timer(store, clock=lambda: NOW).sweep(NOW)
        with store.read() as tx:
            work_counts.unhandled_count(tx)
            attention.parked(tx)
            parked.select(tx, parked.ParkedFilter(code="handler_failed"))
    found = list(plans(store, "journal", seen))
    assert len(found) >= 5
    for text, plan in found:
        assert "ix_journal_unhandled" in plan, (text, plan)


def test_what_is_due_is_found_by_its_own_index(store: Store) -> None:
    """The timer looks four times a second, whatever has been delivered in all the years."""
    with statements(store) as seen:
        Timer(store, clock=lambda: NOW).run_once()
        with store.write() as tx:
            schedule.next_due(tx, now=NOW)
            again = NOW + timedelta(minutes=1)
            doubts.reserve_doubtful(tx, "provincial", now=NOW, again_at=again, limit=10)
            doubts.reserve_doubtful(tx, "provincial", now=NOW, again_at=again, limit=1, alone=True)
    found = list(plans(store, "deliveries", seen))
    assert len(found) >= 6
    for text, plan in found:
        assert "ix_deliveries_due" in plan, (text, plan)


def test_what_waits_for_a_pause_is_counted_without_what_was_delivered(store: Store) -> None:
    """The status page asks for it again and again, with years of deliveries in the table."""
    pause = pauses.Pause(
        destination="provincial",
        operation="province.progress",
        kind="circuit",
        phase="open",
        openings=1,
        since=NOW,
        until=NOW,
        expires_at=NOW + timedelta(minutes=1),
        code="partner_unreachable",
        reason_vi="",
        reason_en="",
    )
    with store.write() as tx:
        pauses.post(tx, pause)
    with statements(store) as seen, store.read() as tx:
        assert [it.pause for it in pauses.listed(tx, now=NOW)] == [pause]
    found = list(plans(store, "deliveries", seen))
    assert len(found) == 2
    for text, plan in found:
        assert "ix_deliveries_" in plan, (text, plan)
        assert "ix_deliveries_lane" not in plan, (text, plan)
