"""Calls of a client within 60 seconds: never more than allowed, in all processes together, on both
databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.clients.client_calls import CallerAndCall, ClientCall, ClientCalls
from hub.rules.clients.client import ANY, Client
from hub.store.clients import calls, secrets
from hub.store.engine.store import Store
from hub.store.evidence import audit
from tests.support.gateway.clients import add_client
from tests.support.works import now

MOST = 10


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = now()

    def __call__(self) -> datetime:
        return self.now


def caller_of(store: Store, *, most: int = MOST) -> GatewayCaller:
    """Add a client with a quota; return it as a caller."""
    key = add_client(store, calls_per_minute=most, now=now())
    rights = Client(
        id="province-portal",
        operations=frozenset({ANY}),
        agencies=frozenset({ANY}),
        calls_per_minute=most,
    )
    return GatewayCaller(rights, f"key {key.prefix}", "192.0.2.1", key.prefix)


def taken(mine: ClientCalls, caller: GatewayCaller, call: ClientCall) -> timedelta | None:
    """Take one call, in a transaction of its own."""
    (wait,) = mine.write([CallerAndCall(caller, call)])
    return wait


def test_two_processes_together_never_exceed_the_quota(store: Store) -> None:
    """Eight threads of two processes: as many calls go through as the client has, not one more."""
    caller, watch = caller_of(store), Watch()
    processes = [ClientCalls(store, clock=watch), ClientCalls(store, clock=watch)]

    def take(n: int) -> bool:
        return taken(processes[n % 2], caller, ClientCall("messages.accept", "/messages")) is None

    with ThreadPoolExecutor(8) as threads:
        allowed = sum(threads.map(take, range(4 * MOST)))
    assert allowed == MOST
    with store.read() as tx:
        count, problems = audit.verify(tx)
    assert (count, problems) == (1 + MOST, [])


def test_the_window_slides_and_leaves_no_rows_behind(store: Store) -> None:
    """In any 60 seconds, also over the turn of a minute; what is old is deleted."""
    caller, watch = caller_of(store), Watch()
    mine = ClientCalls(store, clock=watch)
    call = ClientCall("messages.accept", "/messages")
    for _ in range(MOST):
        assert taken(mine, caller, call) is None
        watch.now += timedelta(seconds=5)
    # 50 s have passed since the first call: it is counted for 10 s still
    wait = taken(mine, caller, call)
    assert wait is not None
    assert timedelta(seconds=9) <= wait <= timedelta(seconds=11)
    assert mine.wait_of(caller.client) == wait
    watch.now += wait
    assert mine.wait_of(caller.client) is None
    assert taken(mine, caller, call) is None
    with store.read() as tx:
        rows = tx.exec_driver_sql("SELECT count(*) FROM client_calls").scalar_one()
    assert rows == MOST


def test_a_clock_that_was_ahead_does_not_lock_a_client_out_for_long(store: Store) -> None:
    """A process forgets what it believed of the future, and asks the store again."""
    caller, watch = caller_of(store, most=1), Watch()
    watch.now += timedelta(days=1)
    mine = ClientCalls(store, clock=watch)
    assert taken(mine, caller, ClientCall("files.fetch", "/x")) is None
    assert taken(mine, caller, ClientCall("files.fetch", "/x")) is not None
    watch.now -= timedelta(days=1)
    assert mine.wait_of(caller.client) is None


def test_a_refused_call_is_neither_counted_nor_audited_as_allowed(store: Store) -> None:
    """Whoever hammers does not lengthen the wait."""
    caller = caller_of(store, most=1)
    mine = ClientCalls(store, clock=now)
    assert taken(mine, caller, ClientCall("files.fetch", "/files/x")) is None
    for _ in range(5):
        assert taken(mine, caller, ClientCall("files.fetch", "/files/x")) is not None
    with store.read() as tx:
        total = tx.exec_driver_sql("SELECT sum(calls) FROM client_calls").scalar_one()
        allowed = tx.exec_driver_sql(
            "SELECT count(*) FROM audit WHERE action = 'gateway.files.fetch'"
        ).scalar_one()
    assert (total, allowed) == (1, 1)


def test_more_may_be_taken_at_once_and_only_what_there_is_room_for(store: Store) -> None:
    """A caller that wants a list of calls gets the part that fits."""
    caller = caller_of(store)
    with store.write() as tx:
        assert calls.reserve(tx, caller.client, 7, most=MOST, now=now()) == 7
        assert calls.reserve(tx, caller.client, 7, most=MOST, now=now()) == 3
        assert calls.reserve(tx, caller.client, 7, most=MOST, now=now()) == 0


def test_the_last_use_of_a_secret_is_noted_once_a_minute(store: Store) -> None:
    """A person retires the old key when its last use is past."""
    caller, watch = caller_of(store, most=0), Watch()
    mine = ClientCalls(store, clock=watch)
    begun = watch.now
    seen = []
    for seconds in (0, 30, 31):
        watch.now += timedelta(seconds=seconds)
        taken(mine, caller, ClientCall("files.fetch", "/x"))
        with store.read() as tx:
            (secret,) = secrets.of_client(tx, caller.client)
        seen.append(secret.last_used_at)
    assert seen == [begun, begun, begun + timedelta(seconds=61)]


def test_calls_in_one_transaction_get_what_room_there_is(store: Store) -> None:
    """The first ones of a client go through; another client's are not held up by them."""
    caller = caller_of(store, most=2)
    other = add_client(store, "town-center", now=now())
    rights = Client(
        id="town-center", operations=caller.rights.operations, agencies=frozenset({ANY})
    )
    second = GatewayCaller(rights, f"key {other.prefix}", "192.0.2.2", other.prefix)
    call = ClientCall("messages.accept", "/messages")
    made = [CallerAndCall(one, call) for one in (caller, second, caller, caller)]
    waits = ClientCalls(store, clock=now).write(made)
    assert [wait is None for wait in waits] == [True, True, True, False]
    with store.read() as tx:
        assert audit.verify(tx) == (2 + 3, [])
