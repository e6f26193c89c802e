"""However many rows dossiers have, few are in memory together, and none of them twice."""

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.operations.archive import erasing, restoring
from hub.operations.archive.config import Archive
from hub.operations.archive.run import batches
from hub.operations.archive.run.archiving import run
from hub.store.archive import rows
from hub.store.archive.rows import Rows
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import journal
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import end
from tests.support.ward import Ward


def test_rows_are_counted_as_they_are_loaded(ward: Ward) -> None:
    """By dossier, its attempts and all, before any of them is read."""
    names = [end(ward, 1, scanned=b"paper"), end(ward, 2), "unknown"]
    with ward.store.read() as tx:
        loaded = {found.number: len(found) for found in rows.load(tx, names)}
        assert rows.sizes(tx, names) == {**loaded, "unknown": 0}


@pytest.mark.parametrize("dossiers", [1, 2])
def test_no_more_rows_are_read_at_once_than_fit(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch, dossiers: int
) -> None:
    """One dossier that is larger alone is read alone; one file has them all the same."""
    names = [end(ward, n) for n in (1, 2, 3)]
    with ward.store.read() as tx:
        largest = max(rows.sizes(tx, names).values())
    most = largest * dossiers if dossiers > 1 else 1
    monkeypatch.setattr(batches, "IN_MEMORY", most)
    load, seen = rows.load, []

    def load_and_count(tx: Tx, numbers: Sequence[str], *, lock: bool = False) -> list[Rows]:
        found = load(tx, numbers, lock=lock)
        if not lock:
            seen.append(len(found))
        return found

    monkeypatch.setattr(rows, "load", load_and_count)
    report = run(archive, BY)
    assert (report.archived, len(report.files)) == (3, 1)
    assert max(seen) == dossiers


def test_one_transaction_erases_no_more_rows_than_one_deletes(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer waits for it on SQLite; a dossier that is larger alone is erased alone."""
    names = [end(ward, n) for n in (1, 2, 3)]
    with ward.store.read() as tx:
        monkeypatch.setattr(erasing, "BATCH", max(rows.sizes(tx, names).values()))
    load, seen = rows.load, []

    def load_and_count(tx: Tx, numbers: Sequence[str], *, lock: bool = False) -> list[Rows]:
        found = load(tx, numbers, lock=lock)
        seen.append(len(found))
        return found

    monkeypatch.setattr(rows, "load", load_and_count)
    old = replace(archive, personal=timedelta(days=700))
    assert sum(erasing.erase_due(old, give_way=lambda: None, again=False)) == 3
    assert seen == [1, 1, 1]


STEPS, SIZE = 400, 20_000


def test_a_dossier_of_many_steps_is_in_memory_once(ward: Ward, archive: Archive) -> None:
    """Its text is packed, unpacked and compared piece by piece, to the archive and back."""
    name = end(ward, 1)
    with ward.store.write() as tx:
        row = tx.execute(sa.select(journal).where(journal.c.key == name).limit(1)).mappings().one()
        body = bytes(range(32, 127)) * (SIZE // 95)
        repeated = [{**row, "id": f"step-{n}", "body": b"%d" % n + body} for n in range(STEPS)]
        for one in repeated:
            tx.execute(sa.insert(journal).values(one))
    del repeated, body
    tracemalloc.start()
    try:
        assert run(archive, BY).archived == 1
        _, written = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        assert restoring.restore(archive, name, BY)
        _, restored = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert STEPS * SIZE < written < 2.5 * STEPS * SIZE
    assert restored < 3.5 * STEPS * SIZE
