"""An error of the database that waiting does not fix is told, not waited for."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.broker.memory import MemoryBroker
from hub.runtime.process.heartbeat import Heartbeat
from hub.runtime.role import Role
from hub.runtime.telemetry import logging_to
from hub.store.engine.store import Store
from tests.support.partners.partner import Partner
from tests.support.works import now, working


@pytest.mark.parametrize("table", ["outbox", "deliveries"])
def test_a_column_that_is_missing_crashes_the_role(
    store: Store, tmp_path: Path, table: str
) -> None:
    """The crash is in the log with its code, and the role's trouble is shown."""
    column = {"outbox": "body", "deliveries": "next_attempt_at"}[table]
    with store.write() as tx:
        tx.execute(sa.text(f"ALTER TABLE {table} RENAME COLUMN {column} TO forgotten"))
    log, broker = tmp_path / "log", MemoryBroker()
    with logging_to(log), working(store, broker, Partner()) as works:
        role = works.relay if table == "outbox" else works.reconcile
        trouble = wait_for_trouble(role)
    broker.close()
    assert trouble.startswith("it crashed")
    said = [line for line in log.read_text().splitlines() if f'"{role.name}"' in line]
    assert any("role_crashed" in line for line in said)
    assert not any("store_lost" in line for line in said)


def test_a_hub_stops_in_order_although_its_last_beat_cannot_be_written(store: Store) -> None:
    """What comes after the heartbeat is closed all the same."""
    heartbeat = Heartbeat(store, [], names="timer", clock=now)
    with store.write() as tx:
        tx.execute(sa.text("ALTER TABLE heartbeats RENAME TO forgotten"))
    heartbeat.stop()


def wait_for_trouble(role: Role) -> str:
    """Wait until a role is in trouble; return what it is."""
    end, tick = now() + timedelta(seconds=20), threading.Event()
    while not role.trouble:
        tick.wait(0.02)
        assert now() < end, "the role waits in silence"
    return role.trouble
