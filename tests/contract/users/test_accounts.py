"""Accounts on both databases: a name is given once, a code and a recovery code count once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from hub.rules.users.rights import UserRole
from hub.rules.users.sign_in import DEVICE_LASTS, MOST_DEVICES
from hub.store.engine.store import Store
from hub.store.users import accounts, devices, keys, recovery_codes
from tests.support.users import SECTOR, add_user, user
from tests.support.works import now


def test_an_account_comes_back_as_it_was_added(store: Store) -> None:
    """With its role and its sectors, letters beyond ASCII too; its hash is in no readable repr."""
    given = replace(user(role=UserRole.OFFICER), sectors=frozenset({SECTOR, "G07-LĐ03"}))
    at = now()
    with store.write() as tx:
        assert not accounts.are_there(tx)
        assert accounts.add(tx, given, password="a hash", code_salt="a salt", now=at)
    with store.read() as tx:
        kept = accounts.named(tx, given.name)
        assert accounts.are_there(tx)
        assert kept
        assert (kept.user, kept.made_at, kept.password_given) == (given, at, True)
        assert "a hash" not in repr(kept)
        assert "a salt" not in repr(kept)
        assert accounts.named(tx, "nobody") is None


def test_the_name_of_a_retired_account_is_never_given_again(store: Store) -> None:
    """What stands in the audit stays that person's."""
    binh = add_user(store, now=now())
    with store.write() as tx:
        accounts.retire(tx, binh.name, now=now())
    with store.write() as tx:
        assert not accounts.add(tx, binh, password="", code_salt="", now=now())
        assert not accounts.are_there(tx)


def test_of_many_that_show_one_code_at_once_one_is_taken(store: Store) -> None:
    """A step counts once, and none before it any more."""
    binh = add_user(store, now=now())
    with store.read() as tx:
        kept = accounts.named(tx, binh.name)
    assert kept
    salt = kept.code_salt

    def use(step: int) -> bool:
        with store.write() as tx:
            return accounts.use_step(tx, binh.name, step, salt=salt)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(use, [7] * 24)) == 1
    assert not use(6)
    assert use(8)


def test_a_step_of_the_former_secret_is_not_used_up_for_the_new_one(store: Store) -> None:
    """A code that was checked against the old secret is worth nothing after the reset."""
    binh = add_user(store, now=now())
    with store.write() as tx:
        accounts.set_code_salt(tx, binh.name, "another")
        assert not accounts.use_step(tx, binh.name, 9, salt="former")
        assert accounts.use_step(tx, binh.name, 9, salt="another")


def test_a_recovery_code_counts_once_and_for_its_person_only(store: Store) -> None:
    """New ones end the old ones."""
    at = now()
    for name in ("binh", "an"):
        add_user(store, name, now=at)
    with store.write() as tx:
        recovery_codes.replace(tx, "binh", ["one", "two"])
        assert not recovery_codes.use(tx, "an", "one", now=at)
        assert recovery_codes.use(tx, "binh", "one", now=at)
        assert not recovery_codes.use(tx, "binh", "one", now=at)
        assert recovery_codes.left(tx, "binh") == 1
        recovery_codes.replace(tx, "binh", ["three"])
        assert not recovery_codes.use(tx, "binh", "two", now=at)


def test_a_person_has_one_key(store: Store) -> None:
    """A new one takes the place of the old one."""
    at = now()
    binh = add_user(store, now=at)
    ends = at + timedelta(days=1)
    with store.write() as tx:
        keys.replace(tx, binh.name, "first", ends_at=ends, now=at)
        keys.replace(tx, binh.name, "second", ends_at=ends, now=at)
        keys.used(tx, binh.name, now=ends)
        kept = keys.of_user(tx, binh.name)
        assert kept
        assert (kept.digest, kept.last_used_at) == ("second", ends)
        keys.remove(tx, binh.name)
        assert keys.of_user(tx, binh.name) is None


def test_a_browser_is_known_of_one_person_for_a_time(store: Store) -> None:
    """At most ten of each; the oldest is forgotten first."""
    at = now()
    for name in ("binh", "an"):
        add_user(store, name, now=at)
    with store.write() as tx:
        for place in range(MOST_DEVICES + 2):
            devices.used(tx, "binh", f"mark {place:02}", now=at + timedelta(seconds=place))
        devices.used(tx, "an", "mark 05", now=at)
    later = at + timedelta(minutes=1)
    with store.read() as tx:
        known = [n for n in range(12) if devices.is_known(tx, "binh", f"mark {n:02}", now=later)]
        assert known == list(range(2, 12))
        assert not devices.is_known(tx, "an", "mark 05", now=later)
        assert not devices.is_known(tx, "binh", "mark 11", now=later + DEVICE_LASTS)
