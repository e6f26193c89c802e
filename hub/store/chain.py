"""Append-only logs whose rows are chained by hashes: the audit and the hand-overs.

Each row carries the sha256 of everything in it together with the hash of the row before; the
place and hash of the last row stand in `chain_heads`, written in the same transaction. So `verify`
finds any row that was changed, put in or removed, the last one too. Who can write to all tables can
also compute a whole new chain: against that the last hash is shown, to be kept somewhere else.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import msgspec
import sqlalchemy as sa

from hub.store.engine import Tx
from hub.store.prepared import Prepared, columns_of
from hub.store.tables import as_microseconds, audit, chain_heads, handovers

_encode = msgspec.json.encode
_HEAD = sa.select(chain_heads.c.seq, chain_heads.c.hash).where(
    chain_heads.c.chain == sa.bindparam("c")
)
_LOCK = Prepared(_HEAD.with_for_update())
_MOVE = Prepared(
    sa.update(chain_heads)
    .where(chain_heads.c.chain == sa.bindparam("c"))
    .values(seq=sa.bindparam("s"), hash=sa.bindparam("h"))
)
_OWN = frozenset({"seq", "previous_hash", "hash"})


@dataclass(frozen=True, slots=True)
class Chain:
    """One chained log: a table with seq, previous_hash, hash and the columns of its rows."""

    table: sa.Table
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found in a chain."""

    chain: str
    count: int
    head: str
    """Hash of the last row."""
    problems: tuple[str, ...]


def _chain(table: sa.Table) -> Chain:
    return Chain(table, tuple(column.name for column in table.columns if column.name not in _OWN))


AUDIT, HANDOVERS = _chain(audit), _chain(handovers)
CHAINS = (AUDIT, HANDOVERS)


def digest(previous: str, seq: int, fields: Iterable[object]) -> str:
    """Return the hash of a row. Times count as an instant, whatever their zone was."""
    return _digest(previous, seq, map(_plain, fields))


def _digest(previous: str, seq: int, plain: Iterable[object]) -> str:
    # JSON: two rows whose fields are cut at other places can never read the same.
    return hashlib.sha256(_encode([previous, seq, *plain])).hexdigest()


def _plain(value: object) -> object:
    """Return the value as it is hashed and stored: a time as microseconds, see `tables.Instant`."""
    return as_microseconds(value) if isinstance(value, datetime) else value


def append(tx: Tx, chain: Chain, rows: Sequence[Sequence[object]]) -> None:
    """Append rows, each the values of the chain's columns in their order.

    The head is locked until the transaction ends, or two appenders would fork the chain; so this
    comes last in a transaction.
    """
    if not rows:
        return
    seq, previous = _LOCK.one(tx, {"c": chain.name})
    chained = []
    for row in rows:
        seq += 1
        plain = [_plain(value) for value in row]
        own = _digest(previous, seq, plain)
        values = zip(chain.columns, plain, strict=True)
        chained.append({"seq": seq, **dict(values), "previous_hash": previous, "hash": own})
        previous = own
    _insertion(chain).run_each(tx, chained)
    _MOVE.run(tx, {"c": chain.name, "s": seq, "h": previous})


@cache
def _insertion(chain: Chain) -> Prepared:
    return Prepared(sa.insert(chain.table), columns=columns_of(chain.table))


def verify(tx: Tx, chain: Chain) -> Verdict:
    """Look at every row of a chain and at its head; nothing is kept in memory.

    The head is read before the rows and after them: in a write transaction PostgreSQL shows each
    statement what stands at its own moment, and who appends meanwhile has removed nothing.
    """
    problems: list[str] = []
    before = _head(tx, chain)
    previous, last, count = "", 0, 0
    named = before == (0, "")
    query = sa.select(chain.table).order_by(chain.table.c.seq)
    for row in tx.execute(query.execution_options(yield_per=1000)).mappings():
        count += 1
        problems += _gap(chain, last + 1, row["seq"])
        last = row["seq"]
        right = digest(row["previous_hash"], last, [row[name] for name in chain.columns])
        if row["hash"] != right:
            problems.append(f"{chain.name}: row {last} was changed")
        elif row["previous_hash"] != previous:
            problems.append(f"{chain.name}: row {last} does not follow from the one before")
        previous = row["hash"]
        named = named or before == (last, previous)
    after = _head(tx, chain)
    if before is None or after is None:
        problems.append(f"{chain.name}: the head is missing")
    else:
        missing = _gap(chain, last + 1, before[0] + 1)
        problems += missing
        wrong = last > after[0] or (last == after[0] and previous != after[1])
        if wrong or not (named or missing):
            problems.append(f"{chain.name}: the last row is not the one that the head names")
    return Verdict(chain=chain.name, count=count, head=previous, problems=tuple(problems))


def _head(tx: Tx, chain: Chain) -> tuple[int, str] | None:
    """Return place and hash of the row that the head names."""
    row = tx.execute(_HEAD, {"c": chain.name}).one_or_none()
    return (row.seq, row.hash) if row else None


def _gap(chain: Chain, expected: int, found: int) -> list[str]:
    if found <= expected:
        return []
    last = found - 1
    missing = f"row {last} is" if last == expected else f"rows {expected} to {last} are"
    return [f"{chain.name}: {missing} missing"]
