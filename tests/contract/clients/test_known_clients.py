"""Clients by what they show: one reading of the store serves all calls that come meanwhile."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from hub.gateway.clients.certificate_trust import CertificateTrust
from hub.gateway.clients.known_clients import KnownClients
from hub.operations.clients import issuing
from hub.operations.signed_by import SignedBy
from hub.rules.clients import access_tokens, api_keys
from hub.store.clients import tokens
from hub.store.engine.store import Store, Tx
from tests.support.gateway.clients import add_client
from tests.support.works import now


class Readings:
    """The store of a gateway, whose readings are counted."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.count = 0
        self.ended = threading.Event()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Count a reading."""
        self.count += 1
        with self.store.read() as tx:
            yield tx
        self.ended.set()


def known(readings: Readings) -> KnownClients:
    """Return what a gateway remembers; its clock stands still."""
    at = now()
    return KnownClients(readings, clock=lambda: at, trust=CertificateTrust())  # type: ignore[arg-type]


def test_calls_at_once_share_one_reading(store: Store) -> None:
    """Promise: forty calls after a pause ask the database once, and each gets the client."""
    readings, key = Readings(store), add_client(store, now=now())

    async def ask() -> list[object]:
        clients = known(readings)
        return await asyncio.gather(*(clients.by_key(key.text) for _ in range(40)))

    found = asyncio.run(ask())
    assert len(found) == 40
    assert len({id(it) for it in found}) == 1
    assert found[0] is not None
    assert readings.count == 1


def test_a_caller_that_goes_away_ends_the_reading_for_nobody_else(store: Store) -> None:
    """Promise: the others still get their answer."""
    readings, key = Readings(store), add_client(store, now=now())

    async def ask() -> object:
        clients = known(readings)
        first = asyncio.create_task(clients.by_key(key.text))
        second = asyncio.create_task(clients.by_key(key.text))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(ask()) is not None
    assert readings.count == 1


def test_a_stranger_is_not_remembered(store: Store) -> None:
    """Promise: an unknown key is asked for again, and never fills the memory."""
    readings = Readings(store)

    async def ask() -> list[object]:
        clients = known(readings)
        return [await clients.by_key(api_keys.fresh().text) for _ in range(3)]

    assert asyncio.run(ask()) == [None, None, None]
    assert readings.count == 3


def test_a_token_that_is_forgotten_while_it_is_read_is_read_again(store: Store) -> None:
    """Promise: a reading that began before a revocation is not remembered after it."""
    readings, key = Readings(store), add_client(store, now=now())
    text = access_tokens.fresh()
    digest, ends = api_keys.digest(text), now() + timedelta(minutes=5)
    with store.write() as tx:
        tokens.add(tx, digest, secret=key.prefix, scope="", now=now(), expires_at=ends)

    async def ask() -> object:
        clients = known(readings)
        under_way = asyncio.create_task(clients.by_token(text))
        while not readings.count:
            await asyncio.sleep(0)
        assert readings.ended.wait(20)  # and the loop, which stands still, has not heard of it
        by: SignedBy = {"actor": "Trần Thị Bình", "reason": "a test", "now": now()}
        issuing.retire(store, "province-portal", prefix=key.prefix, by=by)
        clients.forget_token(digest)
        assert await under_way is not None
        return await clients.by_token(text)

    assert asyncio.run(ask()) is None
    assert readings.count == 2
