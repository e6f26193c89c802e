"""Multiplies the finished dossiers of a real store, in the database itself.

The result is a store like any other: every table agrees with every other one, the kept counts with
the rows, and the chained log is really hashed. Secondary indexes are made after the rows, which is
faster. Durability is off while it is built: what does not come to its end is built anew.
"""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from hub.messages import catalog
from hub.store.engine.store import Store, Tx
from hub.store.schema import tables
from hub.store.schema.tables.conservation import ACCEPTED, delivery_count_changes
from hub.store.schema.tables.exchange import STATE_OUTGOING, metadata
from tests.benchmarks.growth.stores import chained
from tests.benchmarks.growth.stores.chosen import CHOOSE
from tests.benchmarks.growth.stores.expressions import (
    MOMENT,
    MOST_COPIES,
    SEED_AGENCY,
    Expressions,
    Facts,
)
from tests.benchmarks.growth.stores.rules import (
    CHOSEN,
    HANDOVERS,
    MULTIPLIED,
    STAYS,
)

AT_ONCE = 20
"""Copies in one statement."""
Report = Callable[[str, int, int], None]
"""Hears (what, how much of it is done, of how much)."""


class UnknownTable(RuntimeError):
    """A table has no rule: nobody has said how it multiplies."""


def multiply(store: Store, *, deliveries: int, report: Report) -> None:
    """Make a store of at least so many deliveries out of a real one."""
    must_know_all()
    with _building(store) as tx:
        tx.execute(sa.text(CHOOSE))
        for name, rule in MULTIPLIED.items():
            # The rows are read from copies of their own: nothing is read from what is written.
            statement = f"CREATE TABLE growth_{name} AS SELECT * FROM {name} WHERE {rule.chosen}"
            tx.execute(sa.text(f"{statement} ORDER BY {rule.order}"))
        here, each = _count(tx, "deliveries"), _count(tx, "growth_deliveries")
        copies = max(0, -(-(deliveries - here) // each))
        if copies > MOST_COPIES:
            raise ValueError(f"{copies} copies are wanted, {MOST_COPIES} are possible")
        facts = _facts(tx)
        handovers = chained.read(tx, HANDOVERS)
        indexes = _drop_indexes(tx)
        for name in MULTIPLIED:
            _copy_rows(tx, name, facts, copies, report)
        chained.append(tx, handovers, facts, copies, report)
        tx.execute(sa.text("UPDATE change_feed SET last = (SELECT max(position) FROM changes)"))
        _count_up(tx, copies)
        for number, statement in enumerate(indexes):
            report("indexes", number, len(indexes))
            tx.execute(sa.text(statement))
        for name in [*(f"growth_{name}" for name in MULTIPLIED), CHOSEN]:
            tx.execute(sa.text(f"DROP TABLE {name}"))
        if tx.dialect.name == "postgresql":
            _move_sequences(tx)


def all_tables() -> list[sa.Table]:
    """Return every table of the store, in an order that foreign keys allow."""
    for module in pkgutil.walk_packages(tables.__path__, f"{tables.__name__}."):
        importlib.import_module(module.name)
    return metadata.sorted_tables


def must_know_all() -> None:
    """Raise UnknownTable unless every table has a rule."""
    unknown = {table.name for table in all_tables()} - set(MULTIPLIED) - set(STAYS)
    if unknown:
        where = "tests/benchmarks/growth/stores/rules.py"
        raise UnknownTable(f"say in {where} how these multiply: {', '.join(sorted(unknown))}")


@contextmanager
def _building(store: Store) -> Iterator[Tx]:
    """Give one transaction that need not be durable and checks no foreign key."""
    with store.engine.connect() as tx:
        if store.name == "sqlite":
            for pragma in (
                "foreign_keys=OFF",
                "journal_mode=OFF",
                "synchronous=OFF",
                "cache_size=-1500000",
            ):
                tx.exec_driver_sql(f"PRAGMA {pragma}")
            tx.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            tx.exec_driver_sql("SET session_replication_role = replica")
            tx.exec_driver_sql("SET maintenance_work_mem = '1GB'")
            tx.exec_driver_sql("SET statement_timeout = 0")
        yield tx
        if store.name == "sqlite":
            tx.exec_driver_sql("COMMIT")
            tx.exec_driver_sql("ANALYZE")
            tx.exec_driver_sql("PRAGMA journal_mode=WAL")
            tx.invalidate()  # nobody goes on with a line that is not durable
        else:
            tx.commit()
            tx.execution_options(isolation_level="AUTOCOMMIT")
            tx.exec_driver_sql("VACUUM (ANALYZE)")
            tx.invalidate()


def _count(tx: Tx, table: str) -> int:
    return int(tx.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())


def _facts(tx: Tx) -> Facts:
    # Ids that begin with a time are nearly all; what else an id begins with is never so frequent.
    query = f"""
        SELECT substr(id, 1, {MOMENT}) FROM growth_journal
        GROUP BY 1 HAVING count(*) * 100 >= (SELECT count(*) FROM growth_journal) ORDER BY 1"""
    moments = tuple(tx.execute(sa.text(query)).scalars())
    strides = {
        table: int(tx.execute(sa.text(f"SELECT max({_key(table)}) FROM {table}")).scalar_one())
        for rule in MULTIPLIED.values()
        for table in rule.counts.values()
    }
    renamed = {name: frozenset(_with_numbers(tx, name)) for name in MULTIPLIED}
    return Facts(moments=moments, strides=strides, renamed=renamed)


def _key(table: str) -> str:
    """Return the column with the running number of a table."""
    return str(next(iter(metadata.tables[table].primary_key)).name)


def _with_numbers(tx: Tx, name: str) -> Iterator[str]:
    for column in metadata.tables[name].columns:
        if isinstance(column.type, sa.Text):
            query = (
                f"SELECT 1 FROM growth_{name} WHERE {column.name} LIKE '%{SEED_AGENCY}%' LIMIT 1"
            )
            if tx.execute(sa.text(query)).first():
                yield column.name


def _drop_indexes(tx: Tx) -> list[str]:
    """Drop what speeds up questions only; return how it is made again."""
    if tx.dialect.name == "sqlite":
        query = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''"
    else:
        query = (
            "SELECT indexname, tablename, indexdef FROM pg_indexes "
            "WHERE schemaname = 'public' AND indexdef NOT LIKE 'CREATE UNIQUE%'"
        )
    made = []
    for index, table, statement in tx.execute(sa.text(query)).all():
        if table in MULTIPLIED or table == "handovers":
            tx.execute(sa.text(f"DROP INDEX {index}"))
            made.append(statement)
    return made


def _copy_rows(tx: Tx, name: str, facts: Facts, copies: int, report: Report) -> None:
    table, rule = metadata.tables[name], MULTIPLIED[name]
    say = Expressions(tx.dialect.name, facts)
    names = ", ".join(column.name for column in table.columns)
    values = ", ".join(say.columns(table, rule))
    for first in range(1, copies + 1, AT_ONCE):
        report(name, first, copies)
        given = say.copies(first, min(first + AT_ONCE - 1, copies))
        # As it is: a colon in it is no parameter.
        tx.exec_driver_sql(
            f"{given} INSERT INTO {name} ({names}) "
            f"SELECT {values} FROM copies CROSS JOIN growth_{name} s"
        )


def _count_up(tx: Tx, copies: int) -> None:
    """Add what was copied to the kept counts."""
    said: Counter[str] = Counter()
    query = "SELECT type, version, count(*) FROM growth_journal WHERE state = :state GROUP BY 1, 2"
    for type, version, count in tx.execute(sa.text(query), {"state": STATE_OUTGOING}):
        said[catalog.find(type, version).reader] += count
    query = "SELECT destination, state, count(*) FROM growth_deliveries GROUP BY 1, 2"
    ended = [tuple(row) for row in tx.execute(sa.text(query))]
    rows = [
        {"destination": destination, "state": state, "change": count * copies}
        for destination, state, count in [*((to, ACCEPTED, n) for to, n in said.items()), *ended]
        if copies
    ]
    if rows:
        tx.execute(sa.insert(delivery_count_changes), rows)


def _move_sequences(tx: Tx) -> None:
    for rule in MULTIPLIED.values():
        for table in set(rule.counts.values()) - {"changes"}:  # its numbers come of no sequence
            tx.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
