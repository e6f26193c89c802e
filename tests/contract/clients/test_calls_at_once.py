"""Calls at once of a client: all processes of the gateway together, on both databases."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from starlette.requests import Request

from hub.gateway.clients.calls_at_once import CallsAtOnce
from hub.gateway.clients.gateway_processes import READ_AGAIN, READ_EACH, GatewayProcesses
from hub.rules.clients.client import ANY, Client
from hub.store.engine.store import Store, Tx
from hub.store.monitoring import heartbeats
from tests.support.gateway.client_gateway import Gateway, bearer
from tests.support.works import now

MOST = 8
CLIENT = Client(
    id="busy", operations=frozenset({ANY}), agencies=frozenset({ANY}), calls_at_once=MOST
)


class Process:
    """A process of the gateway with its heartbeat, and the calls that it works on."""

    def __init__(
        self, store: Store, name: str, *, roles: str = "gateway,timer", beats: bool = True
    ) -> None:
        self.store, self.name, self.roles = store, name, roles
        self.now = now()
        self.processes = GatewayProcesses(store, clock=lambda: self.now, own=name)
        self.calls = CallsAtOnce(self.processes)
        if beats:
            self.beat(self.now)

    def beat(self, at: datetime) -> None:
        """Write its heartbeat."""
        with self.store.write() as tx:
            heartbeats.beat(
                tx,
                self.name,
                host="h",
                roles=self.roles,
                started_at=at,
                now=at,
                troubles="",
            )

    async def let_in(self) -> int:
        """Begin calls that do not end; return how many were let in."""
        await self.processes.read()
        return self.enter()

    def enter(self) -> int:
        """As `let_in`, by what is known of the other processes already."""
        requests = [Request({"type": "http", "hub.counted_clients": []}) for _ in range(MOST)]
        return sum(self.calls.enter(it, CLIENT) for it in requests)


def test_two_processes_together_work_on_no_more_than_the_limit(store: Store) -> None:
    """Each on its share; another role's process has none."""
    Process(store, "timer", roles="timer,relay")
    first, second = Process(store, "one"), Process(store, "two")
    assert [asyncio.run(it.let_in()) for it in (first, second)] == [MOST // 2, MOST // 2]


def test_a_process_that_starts_takes_its_share_from_its_first_call_on(store: Store) -> None:
    """Also before its own first heartbeat; on SQLite it is the only one."""
    Process(store, "one")
    new = Process(store, "two", beats=False)

    async def start() -> int:
        await new.calls.begin()
        return new.enter()

    assert asyncio.run(start()) == (MOST if store.name == "sqlite" else MOST // 2)


def test_the_gateway_counts_the_processes_before_it_takes_calls(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call without a limit asks for no share, so that only the start can have read them."""
    count, reads = heartbeats.count_others, list[str]()

    def counted(tx: Tx, process: str, *, role: str, since: datetime) -> int:
        reads.append(role)
        return count(tx, process, role=role, since=since)

    monkeypatch.setattr(heartbeats, "count_others", counted)
    gateway = Gateway(tmp_path, store)
    try:
        assert gateway.post(bearer("in-token"))[0] == 202
    finally:
        gateway.stop()
    assert reads == ([] if store.name == "sqlite" else ["gateway"])


def test_the_share_of_a_process_that_was_killed_is_free_again(store: Store) -> None:
    """When it was not heard of for a while; of one that ended in good order at once."""
    first, second, third = (Process(store, name) for name in ("one", "two", "three"))
    with store.write() as tx:
        heartbeats.forget(tx, third.name)
    assert asyncio.run(first.let_in()) == MOST // 2
    first.now += heartbeats.SILENT_AT_MOST + timedelta(seconds=1)
    first.beat(first.now)
    assert asyncio.run(first.let_in()) == MOST - MOST // 2
    del second


def test_a_limit_below_the_number_of_processes_leaves_each_one_call(store: Store) -> None:
    """None would shut the client out."""
    several = [Process(store, f"process {n}") for n in range(MOST + 2)]
    assert asyncio.run(several[0].let_in()) == 1


def test_the_count_is_read_beside_the_calls_and_seldom(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No call waits for it; on SQLite, which has one process, it is never read."""
    process, reads = Process(store, "one"), list[datetime]()

    def count(*_: object, since: datetime, **__: object) -> int:
        reads.append(since)
        return 0

    monkeypatch.setattr(heartbeats, "count_others", count)

    async def work() -> None:
        for _ in range(3):
            for _ in range(5):
                process.processes.share(MOST)
                if process.processes._reading is not None:
                    await process.processes._reading
            process.now += READ_EACH

    asyncio.run(work())
    assert len(reads) == (0 if store.name == "sqlite" else 3)


def test_a_count_that_failed_is_tried_again_soon(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after the time for which a good one counts: meanwhile the share may be too large."""
    process, count = Process(store, "one"), heartbeats.count_others
    Process(store, "two")
    failing = [True]

    def counted(tx: Tx, own: str, *, role: str, since: datetime) -> int:
        if failing.pop():
            raise OperationalError("SELECT", {}, Exception("gone"))
        return count(tx, own, role=role, since=since)

    monkeypatch.setattr(heartbeats, "count_others", counted)

    async def work() -> int:
        await process.processes.read()
        process.now += READ_AGAIN
        failing.append(False)
        process.processes.share(MOST)
        if process.processes._reading is not None:
            await process.processes._reading
        return process.processes.share(MOST)

    assert asyncio.run(work()) == (MOST if store.name == "sqlite" else MOST // 2)
