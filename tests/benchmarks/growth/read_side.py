"""What partners read of a store: a page of changes, the dossiers of a day, a dossier's timeline.

Each is read as the gateway reads it, some times over. A statement that reads a growing table as a
whole ends the measurement: at that size its time would only be the beginning.
"""

import re
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import sqlalchemy as sa

from hub.messages.local_time import LOCAL
from hub.store.change_feed import reading
from hub.store.engine.store import Store, Tx
from hub.store.records import dossiers
from hub.store.records.reading import timeline
from tests.benchmarks.growth.order import given
from tests.benchmarks.growth.questions import know

Read = Callable[[Tx], Any]
PAGE = 100
WHOLE = re.compile(r"(?:SCAN|Seq Scan on) (changes|dossiers|dossier_events|dossier_files)\b")
"""A growing table that a plan reads as a whole; behind an index SQLite also says SCAN."""
LARGE = 100_000
"""Rows from which on PostgreSQL has no reason to read a table as a whole."""


class ReadsWhole(RuntimeError):
    """A plan reads a growing table as a whole. Holds the plan."""


def reads_of(store: Store) -> dict[str, Read]:
    """Return what is measured, by the name of the partner's call."""
    known = know(store)
    start = datetime.combine(known.day, datetime.min.time(), LOCAL)
    with store.read() as tx:
        last = reading.state_of(tx).last

    def changes(after: int) -> Read:
        return lambda tx: reading.page(tx, after, limit=PAGE, allowed=lambda _: True)

    def day(tx: Tx) -> object:
        end, everybody = start + timedelta(days=1), lambda _number: True
        return timeline.received_page(tx, start, end, after=None, limit=PAGE, allowed=everybody)

    def dossier(tx: Tx) -> object:
        number = known.dossier
        found = dossiers.get(tx, number, lock=False)
        return found, timeline.events_of(tx, number), timeline.files_of(tx, number)

    return {
        "/v1/changes, first page": changes(0),
        "/v1/changes, half way": changes(last // 2),
        "/v1/changes, newest page": changes(max(0, last - PAGE)),
        "/v1/dossiers?ngay": day,
        "/v1/dossiers/{maHoSo}": dossier,
    }


def seconds(store: Store, read: Read, *, times: int) -> float:
    """Return the median of several reads, each in a view of its own; raises ReadsWhole."""
    check_plans(store, read)
    found = []
    for _ in range(times):
        started = time.perf_counter()
        with store.read() as tx:
            read(tx)
        found.append(time.perf_counter() - started)
    return median(found)


def check_plans(store: Store, read: Read) -> None:
    """Raise ReadsWhole where a statement of the read has such a plan."""
    said: list[tuple[str, Any]] = []

    def note(_line: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        said.append((statement, values))

    with store.read() as tx:
        sa.event.listen(tx, "before_cursor_execute", note)
        read(tx)
        sa.event.remove(tx, "before_cursor_execute", note)
        for statement, values in said:
            plan = _plan(tx, statement, values)
            for table in WHOLE.findall("\n".join(plan)):
                if tx.dialect.name == "sqlite" or _rows(tx, table) >= LARGE:
                    raise ReadsWhole("\n".join([statement, *plan]))


def _plan(tx: Tx, statement: str, values: Any) -> Sequence[str]:
    word = "EXPLAIN QUERY PLAN" if tx.dialect.name == "sqlite" else "EXPLAIN"
    rows = tx.exec_driver_sql(f"{word} {statement}", values)
    return [str(row[-1]) for row in rows]


def _rows(tx: Tx, table: str) -> int:
    query = sa.text("SELECT reltuples FROM pg_class WHERE relname = :table")
    return int(tx.execute(query, {"table": table}).scalar_one())


def main() -> None:
    """Read each several times; report the median of each."""
    order = given()
    url = order.database_url or f"sqlite:///{order.data_dir}/hub.db"
    with closing(Store(url)) as store:
        found = {
            name: seconds(store, read, times=20 * order.times)
            for name, read in reads_of(store).items()
        }
    order.report(found)


if __name__ == "__main__":
    main()
