"""Refusals at the gateway: all in the audit by count, in few rows, on both databases."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.gateway.auth_audit import LONGEST_PATH, OTHERS, Denials
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.schema.migrate import migrate

NOW = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)
SOURCES = 32


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def rows(store: Store) -> list[tuple[str, str, int]]:
    """Return (source, object, number of refusals that the row tells of)."""
    with store.read() as tx:
        assert audit.verify(tx)[1] == []
        found = tx.exec_driver_sql("SELECT actor, object, reason FROM audit ORDER BY seq").all()
    counts = [re.search(r"; (\d+) more since ", row[2]) for row in found]
    return [
        (row[0], row[1], int(count[1]) if count else 1)
        for row, count in zip(found, counts, strict=True)
    ]


def deny(denials: Denials, source: str, path: str = "/messages") -> None:
    """Refuse one call."""
    denials.deny(source, purpose="intake", path=path, reason="missing or wrong token")


def test_a_flood_of_sources_has_a_bound_and_loses_no_count(store: Store) -> None:
    """Ten thousand callers of one minute: few rows, little memory, every refusal counted."""
    denials = Denials(store, clock=Watch(), sources=SOURCES)
    for n in range(10_000):
        deny(denials, f"198.51.100.{n}")
    assert denials.counting == SOURCES + 1
    denials.flush(everything=True)
    found = rows(store)
    assert len(found) == SOURCES + 2
    assert sum(count for _, _, count in found) == 10_000
    assert found[-1] == (OTHERS, "*", 10_000 - SOURCES - 1)
    assert denials.counting == 0


def test_each_minute_has_its_own_first_row_and_count(store: Store) -> None:
    """A source that goes on is written at once again when its minute is over."""
    watch = Watch()
    denials = Denials(store, clock=watch)
    for minute in range(3):
        watch.now = NOW + timedelta(minutes=minute)
        denials.flush()
        for _ in range(minute + 1):
            deny(denials, "198.51.100.1")
    denials.flush(everything=True)
    assert [(object, count) for _, object, count in rows(store)] == [
        ("/messages", 1),
        ("/messages", 1),
        ("*", 1),
        ("/messages", 1),
        ("*", 2),
    ]


def test_a_long_path_is_cut(store: Store) -> None:
    """Whoever is refused chooses the path."""
    deny(Denials(store, clock=Watch()), "198.51.100.1", "/files/" + "x" * 60_000)
    assert [len(object) for _, object, _ in rows(store)] == [LONGEST_PATH]


@pytest.mark.parametrize("stopped", ["after its start", "before its first turn"])
def test_the_role_writes_what_it_counted_when_it_ends(store: Store, stopped: str) -> None:
    """A stop loses no count, whenever it comes."""
    denials = Denials(store, clock=Watch())
    for _ in range(5):
        deny(denials, "198.51.100.1")
    if stopped == "before its first turn":
        denials.request_stop()
    denials.start()
    denials.stop()
    assert sum(count for _, _, count in rows(store)) == 5


def test_refusals_while_the_store_is_away_are_counted_and_written_later(tmp_path: Path) -> None:
    """The caller gets its refusal all the same."""
    store = Store(f"sqlite:///{tmp_path}/hub.db")  # not migrated: there is no table to write to
    denials = Denials(store, clock=Watch())
    for _ in range(5):
        deny(denials, "198.51.100.1")
    denials.flush(everything=True)
    migrate(store)
    denials.flush(everything=True)
    assert rows(store) == [("198.51.100.1", "*", 5)]
    store.close()
