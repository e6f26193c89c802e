"""What a person has to do before the archive can go on is one task, and goes when it is done."""

import pytest
import sqlalchemy as sa

from hub.operations.archive import findings
from hub.operations.archive.config import Archive
from hub.operations.archive.files.sharing import NotShared
from hub.operations.archive.run.archiving import run
from hub.store.repair import tasks
from hub.store.schema.tables.exchange import blobs
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import end
from tests.support.ward import Ward

PAPER = b"paper"


def open_tasks(ward: Ward) -> list[tuple[str, str]]:
    """Return kind and subject of each open task."""
    with ward.store.read() as tx:
        return [(row.kind, row.subject) for row in tasks.still_open(tx)]


def test_a_missing_stored_file_is_a_task_until_a_person_has_put_it_back(
    ward: Ward, archive: Archive
) -> None:
    """A run that does not look at the dossier again says nothing of it."""
    end(ward, 1, scanned=PAPER)
    with ward.store.read() as tx:
        (sha256,) = tx.execute(sa.select(blobs.c.sha256)).scalars()
    place = ward.files.path(sha256)
    place.unlink()
    told = [(findings.FILE_MISSING, findings.FILES)]
    for again in (False, False, True):
        run(archive, BY, again=again)
        assert open_tasks(ward) == told
    place.write_bytes(PAPER)
    run(archive, BY)
    assert open_tasks(ward) == told
    assert run(archive, BY, again=True).archived == 1
    assert open_tasks(ward) == []


def test_an_archive_file_that_is_away_is_a_task_until_it_is_back(
    ward: Ward, archive: Archive
) -> None:
    """However many runs are refused."""
    end(ward, 1)
    (file,) = run(archive, BY).files
    place, away = archive.folder / file, archive.folder / "away"
    place.rename(away)
    for _ in range(2):
        with pytest.raises(NotShared):
            run(archive, BY)
        assert open_tasks(ward) == [(findings.STOPPED, findings.DAMAGE)]
    away.rename(place)
    run(archive, BY)
    assert open_tasks(ward) == []
