"""Nonces of signed calls on both databases: each counts once, for all processes, and has an end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hub.store.clients import used_nonces
from hub.store.engine.store import Store
from tests.support.gateway.clients import add_client
from tests.support.works import now

LASTS = timedelta(minutes=6)


def test_of_many_that_show_a_nonce_at_once_one_is_taken(store: Store) -> None:
    """Eight threads, each in a transaction of its own."""
    add_client(store, "user", now=now())
    at = now()

    def use(_: int) -> bool:
        with store.write() as tx:
            return used_nonces.use(tx, "user", "a" * 64, until=at + LASTS, now=at)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(use, range(24))) == 1


def test_a_nonce_is_of_its_client(store: Store) -> None:
    """Another client cannot use it up."""
    for id in ("user", "other"):
        add_client(store, id, now=now())
        with store.write() as tx:
            assert used_nonces.use(tx, id, "a" * 64, until=now() + LASTS, now=now())


def test_what_is_too_old_is_deleted(store: Store) -> None:
    """By the next call of its client; the table holds minutes."""
    add_client(store, "user", now=now())
    at = now()
    for minute in range(30):
        moment = at + timedelta(minutes=minute)
        with store.write() as tx:
            assert used_nonces.use(tx, "user", f"{minute:064}", until=moment + LASTS, now=moment)
    with store.read() as tx:
        count = tx.exec_driver_sql("SELECT count(*) FROM used_nonces").scalar_one()
    assert count == LASTS // timedelta(minutes=1)
