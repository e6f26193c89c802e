"""A partner's own ledger: every effect in the order in which it happened, and every fault injected.

An effect is recorded before the caller is answered, many in one commit. Beside the effects stand
notes: what a partner has to remember that is no effect of a call. The file outlives the
simulator, which rebuilds its memory from it. Who wants to compare it with the hub reads the same
file (`read_summary`, `read_effects`) or asks the control port.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

_TABLES = """
CREATE TABLE IF NOT EXISTS effects (
    sequence  INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    operation TEXT NOT NULL,
    dossier   TEXT NOT NULL,
    key       TEXT NOT NULL,
    moment    TEXT NOT NULL,
    content   BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS effects_dossier ON effects (dossier, sequence);
CREATE TABLE IF NOT EXISTS notes (
    sequence  INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    operation TEXT NOT NULL,
    dossier   TEXT NOT NULL,
    key       TEXT NOT NULL,
    moment    TEXT NOT NULL,
    content   BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS faults (
    at        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    operation TEXT NOT NULL
) STRICT;
"""

_SUMMARY = """
SELECT
    count(*),
    count(DISTINCT CASE WHEN kind = 'dossier' THEN dossier END),
    coalesce(sum(kind = 'event'), 0),
    count(*) - count(DISTINCT dossier || char(31) || key)
FROM effects
"""

_OUT_OF_ORDER = """
SELECT (SELECT count(*) FROM notes WHERE kind = 'misplaced') + (
    SELECT count(*) FROM (
        SELECT moment < max(moment) OVER (
            PARTITION BY dossier, kind ORDER BY sequence
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS earlier
        FROM effects WHERE moment <> ''
    ) WHERE earlier
)
"""

_INSERT = (
    "INSERT INTO {} (at, kind, operation, dossier, key, moment, content) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_SELECT = "SELECT kind, operation, dossier, key, moment, content FROM {} ORDER BY sequence"
_LIST = (
    "SELECT sequence, at, kind, operation, dossier, key, moment FROM {} "
    "WHERE sequence > ? AND (? = '' OR dossier = ?) ORDER BY sequence LIMIT ?"
)
"""The two tables have one shape; their names are written here and never come from outside."""

_BY_DOSSIER = """
SELECT dossier, kind, count(*) FROM effects GROUP BY dossier, kind ORDER BY dossier, kind
"""


class Effect(Struct, frozen=True, kw_only=True):
    """Something that the partner has done because it was asked to."""

    kind: str
    """`dossier` (it has the dossier now), `event` (a step of one), or a word of the partner's. A
    note `misplaced` tells that a call was refused because it came out of order."""
    operation: str
    dossier: str
    key: str
    """Two effects on a dossier with the same key are the same one, done twice."""
    moment: str = ""
    """Sorts effects of a kind in the order in which they should come; "" when that is free."""
    content: bytes = b""


class Ledger:
    """The open ledger of a running simulator; used by its event loop's thread alone."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None)
        # A killed simulator loses nothing committed; only a power cut could.
        self._connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
            f"PRAGMA wal_autocheckpoint = 4000; {_TABLES}"
        )
        self._effects: list[tuple[Any, ...]] = []
        self._notes: list[tuple[Any, ...]] = []
        self._faults: list[tuple[str, str, str]] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._scheduled = False
        self.latest: deque[Effect] = deque(maxlen=20)

    async def record(self, effects: Sequence[Effect]) -> None:
        """Return when the effects are committed, together with all that came at the same time."""
        self.latest.extend(effects)
        self._effects += map(_row, effects)
        await self._committed()

    async def record_notes(self, notes: Sequence[Effect]) -> None:
        """Return when the notes are committed; they are not counted as effects."""
        self._notes += map(_row, notes)
        await self._committed()

    async def _committed(self) -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._waiting.append(done)
        if not self._scheduled:
            self._scheduled = True
            loop.call_soon(self.commit)
        await done

    def count_fault(self, kind: str, operation: str) -> None:
        """Record that a fault was really injected; committed with the next effects or read."""
        self._faults.append((datetime.now(UTC).isoformat(), kind, operation))

    def commit(self) -> None:
        """Write everything recorded so far and let those go on who wait for it."""
        self._scheduled = False
        effects, self._effects = self._effects, []
        notes, self._notes = self._notes, []
        faults, self._faults = self._faults, []
        waiting, self._waiting = self._waiting, []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(_INSERT.format("effects"), effects)
            self._connection.executemany(_INSERT.format("notes"), notes)
            self._connection.executemany("INSERT INTO faults VALUES (?, ?, ?)", faults)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            for future in waiting:
                if not future.done():
                    future.set_exception(error)
            raise
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def effects(self) -> Iterator[Effect]:
        """Yield every committed effect in order, for rebuilding the simulator's memory."""
        return _rows(self._connection, "effects")

    def notes(self) -> Iterator[Effect]:
        """Yield every committed note in order."""
        return _rows(self._connection, "notes")

    def summary(self) -> dict[str, Any]:
        """Commit, then count; see `read_summary`."""
        self.commit()
        return _summary(self._connection)

    def listing(
        self, *, dossier: str = "", after: int = 0, limit: int = 1000, notes: bool = False
    ) -> list[Any]:
        """Commit, then return effects (or notes) as records without their content."""
        self.commit()
        table = "notes" if notes else "effects"
        return _listing(self._connection, table, dossier, after, limit)

    def close(self) -> None:
        """Commit and close."""
        self.commit()
        self._connection.close()


def read_summary(path: Path) -> dict[str, Any]:
    """Count what a ledger file holds.

    `dossiers` and `events` by kind, `effects` in all, `duplicates` (effects that repeat an
    earlier one), `out_of_order` (effects older than one of their dossier and kind recorded
    before, and what was refused for coming out of order), `faults` by kind. A missing file counts
    as empty.
    """
    if not path.exists():
        return _summary_of((0, 0, 0, 0), 0, [])
    with closing(_open_to_read(path)) as connection:
        return _summary(connection)


def read_effects(path: Path) -> list[Effect]:
    """Return every effect in a ledger file, in order."""
    if not path.exists():
        return []
    with closing(_open_to_read(path)) as connection:
        return list(_rows(connection, "effects"))


def count_by_dossier(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield (dossier, kind, number of effects) from a ledger file, streaming."""
    if not path.exists():
        return
    with closing(_open_to_read(path)) as connection:
        yield from connection.execute(_BY_DOSSIER)


def _open_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _row(effect: Effect) -> tuple[Any, ...]:
    now = datetime.now(UTC).isoformat()
    return (
        now,
        effect.kind,
        effect.operation,
        effect.dossier,
        effect.key,
        effect.moment,
        effect.content,
    )


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[Effect]:
    rows = connection.execute(_SELECT.format(table))
    for kind, operation, dossier, key, moment, content in rows:
        yield Effect(
            kind=kind,
            operation=operation,
            dossier=dossier,
            key=key,
            moment=moment,
            content=content,
        )


def _summary(connection: sqlite3.Connection) -> dict[str, Any]:
    counts = connection.execute(_SUMMARY).fetchone()
    (out_of_order,) = connection.execute(_OUT_OF_ORDER).fetchone()
    faults = connection.execute("SELECT kind, count(*) FROM faults GROUP BY kind ORDER BY kind")
    return _summary_of(counts, out_of_order, faults)


def _summary_of(
    counts: tuple[int, int, int, int], out_of_order: int, faults: Iterable[tuple[str, int]]
) -> dict[str, Any]:
    effects, dossiers, events, duplicates = counts
    return {
        "effects": effects,
        "dossiers": dossiers,
        "events": events,
        "duplicates": duplicates,
        "out_of_order": out_of_order,
        "faults": dict(faults),
    }


def _listing(
    connection: sqlite3.Connection, table: str, dossier: str, after: int, limit: int
) -> list[Any]:
    cursor = connection.execute(_LIST.format(table), (after, dossier, dossier, limit))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
