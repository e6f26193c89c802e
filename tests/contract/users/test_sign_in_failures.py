"""Failed sign-ins on both databases: waits grow, for one source, and guesses at once all count."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from hub.rules.users.sign_in import FORGOTTEN
from hub.store.engine.store import Store
from hub.store.users import sign_in_failures
from tests.support.works import now


def begin(store: Store, source: str, at: datetime) -> datetime | None:
    """Begin an attempt."""
    with store.write() as tx:
        return sign_in_failures.begin(tx, source, now=at)


def test_the_wait_grows_and_is_over(store: Store) -> None:
    """Five attempts without a wait; then half a minute, doubled each time up to eight minutes."""
    at, waits = now(), []
    for _ in range(14):
        assert begin(store, "a", at) is None
        free_at = begin(store, "a", at)
        if free_at is not None:
            waits.append(int((free_at - at).total_seconds()))
            at = free_at
        else:
            waits.append(0)
    assert waits[:3] == [0, 0, 30]
    assert waits[2:7] == [30, 60, 120, 240, 480]
    assert set(waits[7:]) == {480}


def test_one_source_does_not_wait_for_another(store: Store) -> None:
    """Guesses from elsewhere lock nobody out."""
    at = now()
    while begin(store, "guesser", at) is None:
        pass
    assert begin(store, "person", at) is None


def test_of_many_guesses_at_once_as_many_are_checked_as_one_by_one(store: Store) -> None:
    """A guess counts before it is checked."""
    at = now()
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda _: begin(store, "a", at) is None, range(40)))
    assert sum(done) == 5


def test_a_right_password_and_a_day_begin_the_count_anew(store: Store) -> None:
    """So a person who mistypes each morning never waits."""
    at = now()
    while begin(store, "a", at) is None:
        pass
    with store.write() as tx:
        sign_in_failures.succeeded(tx, "a")
    for _ in range(5):
        assert begin(store, "a", at) is None
    assert begin(store, "a", at) is not None
    assert begin(store, "a", at + FORGOTTEN) is None
    assert begin(store, "a", at + FORGOTTEN) is None


def test_a_right_attempt_takes_back_its_own_count_only(store: Store) -> None:
    """What was wrong before stays counted."""
    at = now()
    for _ in range(4):
        assert begin(store, "a", at) is None
    for _ in range(20):
        assert begin(store, "a", at) is None
        with store.write() as tx:
            sign_in_failures.discount(tx, "a", now=at)
    assert begin(store, "a", at) is None
    assert begin(store, "a", at) is not None


def test_the_counts_of_an_account_are_forgotten_together(store: Store) -> None:
    """Wherever its attempts came from; those of another account stay."""
    at = now()
    with store.write() as tx:
        for source, account in (("a", "binh"), ("b", "binh"), ("c", "an")):
            sign_in_failures.begin(tx, source, account=account, now=at)
        sign_in_failures.forget_account(tx, "binh")
        assert [sign_in_failures.counted(tx, it) for it in ("a", "b", "c")] == [0, 0, 1]


def test_strangers_push_out_no_wait(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that nobody has take the places of names that nobody has."""
    monkeypatch.setattr(sign_in_failures, "MOST", 10)
    at = now()
    while begin(store, "guessed", at) is None:
        pass
    for place in range(30):
        begin(store, f"stranger {place}", at + timedelta(seconds=1))
    assert begin(store, "guessed", at + timedelta(seconds=2)) is not None


def test_strangers_cannot_fill_the_table(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest beyond the most are deleted."""
    monkeypatch.setattr(sign_in_failures, "MOST", 10)
    at = now()
    for place in range(30):
        begin(store, f"stranger {place}", at + timedelta(seconds=place))
    with store.read() as tx:
        count = tx.exec_driver_sql("SELECT count(*) FROM sign_in_failures").scalar_one()
    assert count == 10
