"""Sessions on both databases: found by sha256, ended by time, by hand, by retirement."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from hub.rules.users.sign_in import IDLE, LONGEST, MOST_SESSIONS, SessionStage
from hub.store.engine.store import Store
from hub.store.users import accounts, sessions
from hub.store.users.sessions import Session
from tests.support.users import add_user
from tests.support.works import now


def session(id: str, at: datetime, user: str = "binh") -> Session:
    """Return a session that was opened just now."""
    return Session(
        id=id,
        user=user,
        stage=SessionStage.WHOLE,
        made_at=at,
        last_seen_at=at,
        ends_at=at + LONGEST,
        address="10.1.2.x",
    )


@pytest.fixture
def opened(store: Store) -> datetime:
    """The time at which session `one` of Bình was opened, with the digest `digest`."""
    at = now()
    add_user(store, now=at)
    with store.write() as tx:
        sessions.add(tx, "digest", session("one", at), now=at)
    return at


def is_open(store: Store, digest: str, at: datetime) -> bool:
    """Return whether a session opens anything."""
    with store.read() as tx:
        return sessions.by_digest(tx, digest, now=at) is not None


def test_a_session_is_found_with_its_account(store: Store, opened: datetime) -> None:
    """By the digest, and by nothing else."""
    with store.read() as tx:
        found = sessions.by_digest(tx, "digest", now=opened)
        assert found
        assert found[0] == session("one", opened)
        assert found[1].user.name == "binh"
    assert not is_open(store, "one", opened)


def test_a_session_ends_idle_and_after_a_working_day(store: Store, opened: datetime) -> None:
    """Use keeps it, but not beyond its end."""
    assert is_open(store, "digest", opened + IDLE - timedelta(seconds=1))
    assert not is_open(store, "digest", opened + IDLE)
    at = opened
    while at < opened + LONGEST - IDLE:
        at += IDLE / 2
        with store.write() as tx:
            sessions.seen(tx, "one", now=at)
        assert is_open(store, "digest", at)
    with store.write() as tx:
        sessions.seen(tx, "one", now=opened + LONGEST)
    assert not is_open(store, "digest", opened + LONGEST)


ENDS: list[Callable[[Store], object]] = [
    lambda store: _write(store, lambda tx: sessions.end(tx, "one", user="binh")),
    lambda store: _write(store, lambda tx: sessions.end_all(tx, "binh")),
    lambda store: _write(store, lambda tx: accounts.retire(tx, "binh", now=now())),
]


def _write(store: Store, work: Callable[..., object]) -> object:
    with store.write() as tx:
        return work(tx)


@pytest.mark.parametrize("end", ENDS, ids=["one", "all", "retired"])
def test_what_was_ended_opens_nothing(
    store: Store, opened: datetime, end: Callable[[Store], object]
) -> None:
    """From the next request on, in every process."""
    assert is_open(store, "digest", opened)
    end(store)
    assert not is_open(store, "digest", opened)


def test_nobody_ends_the_session_of_another_person(store: Store, opened: datetime) -> None:
    """The id alone is no right."""
    add_user(store, "an", now=opened)
    with store.write() as tx:
        assert not sessions.end(tx, "one", user="an")
        assert sessions.end_all(tx, "an") == 0
        assert sessions.end_all(tx, "binh", but="one") == 0
    assert is_open(store, "digest", opened)


def test_a_person_has_at_most_twenty_sessions(store: Store, opened: datetime) -> None:
    """A further one ends the oldest; what has ended by itself is deleted."""
    for place in range(MOST_SESSIONS):
        at = opened + timedelta(seconds=place + 1)
        with store.write() as tx:
            sessions.add(tx, f"digest {place}", session(f"s{place}", at), now=at)
    with store.read() as tx:
        ids = {one.id for one in sessions.of_user(tx, "binh", now=opened)}
    assert ids == {f"s{place}" for place in range(MOST_SESSIONS)}
    later = opened + LONGEST + timedelta(hours=1)
    with store.write() as tx:
        sessions.add(tx, "last", session("last", later), now=later)
        count = tx.exec_driver_sql("SELECT count(*) FROM user_sessions").scalar_one()
    assert count == 1
