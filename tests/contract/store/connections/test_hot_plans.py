"""What runs for every message looks at as few rows as it needs, whatever PostgreSQL believes.

Its statistics are as bad as they can be: taken from empty tables, or in a quiet hour when nearly
nothing was open, before a burst. The same work is done among few deliveries and among many; no
statement may look at more rows among many. Counted, not timed.
"""

import itertools
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.exchange.outbox.emit import emit
from hub.messages.envelope import encode
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import (
    attempts,
    claim_and_settle,
    doubts,
    schedule,
    superseding,
    transitions,
)
from hub.store.deliveries.claim_and_settle import Delivered
from hub.store.deliveries.transitions import Claimed
from hub.store.engine.store import Store, Tx
from hub.store.messages import journal, outbox
from hub.store.records import early_messages
from hub.store.schema.tables.exchange import metadata
from tests.support.database.plans import Done, carried_out
from tests.support.works import AT, number, record, step

pytestmark = pytest.mark.postgres
FEW, MANY = 60, 3000


@pytest.fixture
def two_stores(
    postgres_server: PrivatePostgres, migrated_template: str
) -> Iterator[tuple[Store, Store]]:
    """Two migrated, empty stores."""
    names = [f"plans_{secrets.token_hex(4)}" for _ in range(2)]
    made = [Store(postgres_server.create_database(it, template=migrated_template)) for it in names]
    yield made[0], made[1]
    for store, name in zip(made, names, strict=True):
        store.close()
        postgres_server.drop_database(name)


LATER = AT + timedelta(hours=1)
TO = "provincial"
_MESSAGES = """
INSERT INTO journal (id, type, version, key, source, time, correlation_id, causation_id, body,
                     state, recorded_at)
SELECT '{name}' || n, 'province.progress', 1, '{name}' || n / 4, 'records', n, '', '', '',
       'outgoing', n
FROM generate_series(1, {count}) n"""
_DELIVERIES = """
INSERT INTO deliveries (message_id, destination, type, lane, state, created_at, settled_at)
SELECT '{name}' || n, '{to}', 'province.progress', '{name}' || n / 4, {state}, n, {settled}
FROM generate_series(1, {count}) n"""
_ATTEMPTS = """
INSERT INTO attempts (delivery_id, number, kind, started_at)
SELECT id, 1, 'send', 1 FROM deliveries WHERE message_id LIKE '{name}%'"""
_LANES = """
INSERT INTO lanes
SELECT DISTINCT destination, lane FROM deliveries WHERE message_id LIKE '{name}%'"""
_TIDY = (
    "DELETE FROM outbox",
    """UPDATE deliveries SET state = 'cancelled', settled_at = 1, lease_until = NULL
    WHERE settled_at IS NULL AND lane LIKE '000.%'""",
)
_HEAD = "CASE WHEN n % 4 = 0 THEN 'pending' ELSE 'held' END"


def fill(store: Store, name: str, count: int, *, state: str, settled: str) -> None:
    """Insert many deliveries with what belongs to them."""
    with store.write(long=True) as tx:
        for text in (_MESSAGES, _DELIVERIES, _ATTEMPTS, _LANES):
            values = {"name": name, "count": count, "to": TO, "state": state, "settled": settled}
            tx.execute(sa.text(text.format(**values)))


def quiet(store: Store, count: int) -> None:
    """Have many delivered, none open."""
    fill(store, "old", count, state="'delivered'", settled="n")


def burst(store: Store, count: int) -> None:
    """Have many open."""
    fill(store, "new", count, state=_HEAD, settled="NULL")


def analyze(store: Store) -> None:
    """Take the statistics now, and never again."""
    with store.write() as tx:
        for table in metadata.sorted_tables:
            tx.execute(sa.text(f"ALTER TABLE {table.name} SET (autovacuum_enabled = false)"))
        tx.execute(sa.text("ANALYZE"))


def work(store: Store, first: int) -> None:
    """Do what is done for every message, for eight new dossiers beginning with `first`."""
    dossiers = range(first, first + 8)
    lanes = [number(n) for n in dossiers]
    with store.write() as tx:
        entries = [
            journal.JournalEntry(it, encode(it), it.id) for it in (record(n, 9) for n in dossiers)
        ]
        journal.accept(tx, entries, AT)
        journal.mark_handled(tx, entries, AT)
        early_messages.keep(tx, journal.JournalEntry(step(first, 8), b"{}"), AT)
        early_messages.wake(tx, number(first))
    with store.write() as tx:
        for message, version in itertools.product((step, record), (1, 2, 3)):
            emit(tx, [message(n, version) for n in dossiers], AT)
    with store.write() as tx:
        rows = outbox.head(tx, 100)
        outbox.delete(tx, [row.seq for row in rows])
    ids = sorted(int(row.message_id[1:]) for row in rows if row.message_id.startswith("d"))
    with store.write_one() as tx:
        claimed = claim_and_settle.claim_and_start(tx, ids, TO, now=AT, lease_until=LATER)
    assert [it.lane for it in claimed] == lanes
    with store.write() as tx:
        settle(tx, claimed)
        assert transitions.release_followers(tx, TO, lanes, AT) == 8
    look(store, [it.id for it in claimed])
    with store.write() as tx:
        for text in _TIDY:
            tx.execute(sa.text(text))


def settle(tx: Tx, claimed: list[Claimed]) -> None:
    """Settle one half as when all were taken, the other as when some were not."""
    half = len(claimed) // 2
    ended = [
        attempts.Finished(delivery_id=it.id, number=1, at=AT, outcome="delivered") for it in claimed
    ]
    done = [Delivered(it, "", at=AT) for it in claimed[:half]]
    claim_and_settle.settle(tx, done, from_state=S.SENDING, kind="send", now=AT)
    transitions.check_attempt(tx, claimed[half:], from_state=S.SENDING)
    transitions.deliver(tx, [(it.id, "") for it in claimed[half:]], now=AT, from_state=S.SENDING)
    attempts.finish(tx, ended[half:])


def look(store: Store, first: list[int]) -> None:
    """Do what the timer and reconcile do, about the fifth of each lane's six deliveries."""
    with store.write() as tx:
        mine = (
            "SELECT id FROM deliveries WHERE lane LIKE '000.%' AND newest_only"
            " AND settled_at IS NULL ORDER BY id LIMIT 8"
        )
        ids = list(tx.execute(sa.text(mine)).scalars())
        sending = "UPDATE deliveries SET state = 'sending', lease_until = 1 WHERE id = ANY(:ids)"
        tx.execute(sa.text(sending), {"ids": ids})
        for id in ids:
            transitions.wait(tx, id, from_state=S.SENDING, when=AT, code="x", detail="")
    with store.write() as tx:
        assert schedule.enqueue_due(tx, now=AT, enqueued_before=AT, limit=8) == 8
    with store.write() as tx:
        assert len(superseding.supersede_overtaken(tx, ids, TO, AT)) == 8
        claimed = claim_and_settle.claim_and_start(tx, ids + first, TO, now=AT, lease_until=AT)
        schedule.expire_leases(tx, now=LATER)
        for alone in (True, False):
            doubts.reserve_doubtful(tx, TO, now=LATER, again_at=LATER, limit=8, alone=alone)
        schedule.next_due(tx, now=LATER)
        assert claimed == []


@contextmanager
def planning(store: Store, mode: str) -> Iterator[list[Done]]:
    """Have the store's connections plan in one way, and collect what they carry out."""

    def connected(raw: Any, _record: object) -> None:
        raw.execute(f"SET plan_cache_mode = {mode}")
        raw.commit()
        raw.prepare_threshold = 0  # else the server knows a statement from the fifth time on

    sa.event.listen(store.engine, "connect", connected)
    with carried_out(store) as seen:
        store.engine.dispose()
        yield seen
    sa.event.remove(store.engine, "connect", connected)


def worst(seen: list[Done]) -> dict[str, Done]:
    """Return of each statement the time at which it looked at most."""
    found: dict[str, Done] = {}
    for done in seen:
        before = found.get(done.text)
        if before is None or done.rows > before.rows:
            found[done.text] = done
    return found


def empty_then_full(store: Store, count: int) -> None:
    """Analyzed while empty; filled in one burst."""
    analyze(store)
    quiet(store, count)
    burst(store, count)


def quiet_then_full(store: Store, count: int) -> None:
    """Analyzed when all was delivered; then a burst."""
    quiet(store, count)
    analyze(store)
    burst(store, count)


@pytest.mark.parametrize(
    ("arrange", "mode"),
    [
        (empty_then_full, "force_custom_plan"),
        (empty_then_full, "force_generic_plan"),
        (quiet_then_full, "force_custom_plan"),
        (quiet_then_full, "force_generic_plan"),
    ],
)
def test_hot_statements_look_at_no_more_among_many_deliveries(
    two_stores: tuple[Store, Store], arrange: Callable[[Store, int], None], mode: str
) -> None:
    """With the worst statistics, and with plans made for these values or for any."""
    found = []
    for store, count in zip(two_stores, (FEW, MANY), strict=True):
        with planning(store, mode) as seen:
            arrange(store, count)
            seen.clear()
            work(store, 1)
            found.append(worst(seen))
    among_few, among_many = found
    compared = [text for text in among_many if text in among_few and "LIKE" not in text]
    assert len(compared) > 20
    for text in compared:
        few, many = among_few[text], among_many[text]
        assert many.rows <= 2 * few.rows + 20, (text, few, many)
        assert many.pages <= 3 * few.pages + 60, (text, few, many)
