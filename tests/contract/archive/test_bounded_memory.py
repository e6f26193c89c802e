"""However many rows dossiers have, few are in memory together."""

from collections.abc import Sequence

import pytest

from hub.operations.archive import batches
from hub.operations.archive.archiving import Archive, run
from hub.store.archive import rows
from hub.store.archive.rows import Rows
from hub.store.engine import Tx
from tests.contract.archive.conftest import BY
from tests.support.ended import end
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
