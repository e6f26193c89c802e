"""Takes dossiers out of the database that were read back from an archive file and found equal.

In batches of at most `BATCH` rows, each a transaction of its own: the dossiers are locked, read and
judged once more and compared with the hash of what was read back, then deleted, dependants first,
and entered in the index. What changed meanwhile stays.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from hub.operations.archive.files.comparing import ComparedRow
from hub.operations.archive.run.batches import batches
from hub.rules.retention.ends import ended_at, why_kept
from hub.runtime.failpoints import Point, passing
from hub.store.archive import candidates, counts, index, references, rows
from hub.store.archive.files import ArchiveFile
from hub.store.archive.rows import Rows, RowsChanged
from hub.store.change_feed import numbering
from hub.store.engine.store import Store, Tx
from hub.store.schema.tables.exchange import from_microseconds

BATCH = 1_000
"""Rows that one transaction deletes at most; a dossier that has more goes alone, because it goes
as a whole."""


def delete(
    store: Store,
    file: ArchiveFile,
    entries: Sequence[ComparedRow],
    *,
    now: Callable[[], datetime],
    give_way: Callable[[], None],
) -> Iterator[int]:
    """Delete the rows of dossiers of a file; yield how many dossiers went with each batch.

    `give_way` is called before each batch, and may raise to stop.
    """
    for batch in batches(entries, lambda entry: entry.rows, most=BATCH):
        give_way()
        count = 0
        # A message that comes at this very moment: the next run archives what is then there.
        with suppress(RowsChanged), store.write() as tx:
            count = _delete(tx, file, batch, now())
        passing(Point.ARCHIVE_BETWEEN_BATCHES)
        yield count


def _delete(tx: Tx, file: ArchiveFile, batch: Sequence[ComparedRow], now: datetime) -> int:
    written = {entry.number: entry for entry in batch}
    loaded = rows.load(tx, list(written), lock=True)
    on_hold = candidates.on_hold(tx, written)  # behind the lock: who places one waits for it
    going = [
        here
        for here in loaded
        if _may_go(here, written[here.number], on_hold=here.number in on_hold, now=now)
    ]
    references.mark_unneeded(tx, [here.number for here in going], now=now)
    rows.delete(tx, going)
    numbering.remove(tx, [here.number for here in going])
    index.add(tx, (_archived(here, written[here.number], file, now) for here in going))
    counts.record(tx, going)
    return len(going)


def _may_go(here: Rows, entry: ComparedRow, *, on_hold: bool, now: datetime) -> bool:
    # Unchanged, it is as old as when it was chosen; what may have come since is a hold, or a task.
    same = here.digest() == entry.digest
    return same and why_kept(candidates.facts_of(here, on_hold=on_hold), before=now) is None


def _archived(here: Rows, entry: ComparedRow, file: ArchiveFile, now: datetime) -> index.Archived:
    def time(column: str) -> datetime | None:
        (value,) = here.column("dossiers", column)
        return None if value is None else from_microseconds(value)

    def known(column: str) -> datetime:
        (value,) = here.column("dossiers", column)
        return from_microseconds(value)

    return index.Archived(
        number=here.number,
        file=file.seq,
        place=entry.place,
        length=entry.length,
        sha256=entry.sha256,
        status=here.column("dossiers", "status")[0],
        received_at=known("received_at"),
        due_at=known("due_at"),
        finished_at=time("finished_at"),
        closed_at=ended_at(candidates.facts_of(here, on_hold=False)) or now,
        archived_at=now,
        erased_at=time("erased_at"),
    )
