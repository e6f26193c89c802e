"""What the check of contents found in files that are kept nevertheless: one row a file.

A result that a partner gave is never thrown away for what is in it: it is kept, and a person
decides. A file that no virus scanner could see yet stands here until one has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.files import file_findings
from hub.store.statements.compiled import Compiled

UNSCANNED, INFECTED = "scanner_away", "file_infected"
_OF_FILE = Compiled(
    sa.select(file_findings).where(file_findings.c.sha256 == sa.bindparam("sha256"))
)  # asked for each file that a partner fetches


@dataclass(frozen=True, slots=True)
class FileFinding:
    """A kept file, and what was found in it: a fault code and its technical cause."""

    sha256: str
    code: str
    why: str
    found_at: datetime
    reported_at: datetime | None = None
    """When a task was raised for it."""


def record(tx: Tx, found: FileFinding) -> None:
    """Keep what was found; a finding of another kind replaces the older one."""
    values = {"code": found.code, "why": found.why, "found_at": found.found_at}
    row = insert(tx, file_findings).values(sha256=found.sha256, **values)
    kept = row.on_conflict_do_update(
        index_elements=[file_findings.c.sha256],
        set_=values | {"reported_at": None},
        where=file_findings.c.code != found.code,
    )
    tx.execute(kept)


def of_file(tx: Tx, sha256: str) -> FileFinding | None:
    """Return what was found in a file, None for nothing."""
    row = _OF_FILE.one_or_none(tx, {"sha256": sha256})
    return FileFinding(*row) if row else None


def every(tx: Tx) -> Sequence[FileFinding]:
    """Return every finding, the oldest first."""
    query = sa.select(file_findings).order_by(file_findings.c.found_at, file_findings.c.sha256)
    return [FileFinding(*row) for row in tx.execute(query)]


def mark_reported(tx: Tx, sha256: str, *, now: datetime) -> None:
    """Write down that a task was raised for a finding."""
    tx.execute(
        sa.update(file_findings).where(file_findings.c.sha256 == sha256).values(reported_at=now)
    )


def forget(tx: Tx, sha256: str) -> None:
    """Remove the finding about a file."""
    tx.execute(sa.delete(file_findings).where(file_findings.c.sha256 == sha256))
