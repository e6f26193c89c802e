"""Append-only logs whose rows are chained by hashes: the audit and the hand-overs.

Each row carries the sha256 of everything in it together with the hash of the row before; the
place and hash of the last row stand in `chain_heads`, written in the same transaction. So
`evidence.verification` finds any row that was changed, put in or removed, the last one too. A
tamperer who can write to all tables can also compute a whole new chain: against that an anchor is
exported and kept somewhere else, see `evidence.anchors`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import msgspec
import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import as_microseconds, audit, chain_heads, handovers
from hub.store.statements.compiled import Compiled, columns_of
from hub.store.statements.row_arrays import RowArrays

_encode = msgspec.json.encode
_HEAD = sa.select(chain_heads.c.seq, chain_heads.c.hash).where(
    chain_heads.c.chain == sa.bindparam("c")
)
_LOCK = Compiled(_HEAD.with_for_update())
_MOVE = Compiled(
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
        return str(self.table.name)  # SQLAlchemy's is a kind of its own


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
    head = {"c": chain.name, "s": seq, "h": previous}
    if tx.dialect.name == "sqlite":
        _insertion(chain).run_each(tx, chained)
        _MOVE.run(tx, head)
    else:
        arrays, statement = _insertion_with_head(chain)
        statement.run(tx, arrays.values(chained) | head)


@cache
def _insertion(chain: Chain) -> Compiled:
    return Compiled(sa.insert(chain.table), columns=columns_of(chain.table))


@cache
def _insertion_with_head(chain: Chain) -> tuple[RowArrays, Compiled]:
    """Return the insertion that moves the head, too: one way to PostgreSQL instead of two."""
    arrays = RowArrays(chain.table.columns)
    text = f"""
WITH moved AS (
    UPDATE chain_heads SET seq = CAST(:s AS BIGINT), hash = :h WHERE chain = :c
)
INSERT INTO {chain.name} ({arrays.names}) SELECT * FROM {arrays.rows}"""  # noqa: S608 - no input
    return arrays, Compiled(sa.text(text))


def head_of(tx: Tx, chain: Chain) -> tuple[int, str] | None:
    """Return place and hash of the row that the head names."""
    row = tx.execute(_HEAD, {"c": chain.name}).one_or_none()
    return (row.seq, row.hash) if row else None
