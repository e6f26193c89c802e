"""A run that was stopped while it deleted: what the next one makes of the file it left."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.messages.catalog import READERS
from hub.operations.archive import findings
from hub.operations.archive.config import Archive
from hub.operations.archive.files import verifying
from hub.operations.archive.files.reading import ArchiveDamaged
from hub.operations.archive.run import deleting
from hub.operations.archive.run.archiving import run
from hub.store.archive import files, index, rows
from hub.store.archive.pages import free_pages
from hub.store.conservation.proof import prove
from hub.store.repair import tasks
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import end
from tests.support.ward import Ward


def stopping_after_one(archive: Archive) -> Callable[[str, int], None]:
    """Return a progress that stops the run when the first dossiers were deleted."""
    return lambda step, _: archive.stop.set() if step == "archived" else None


def test_a_damaged_file_that_was_half_deleted_stops_no_erasing_and_no_later_run(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is only in it has to come back from a copy; what is not goes into another file."""
    names = [end(ward, n) for n in (1, 2)]
    with monkeypatch.context() as patched:
        patched.setattr(deleting, "BATCH", 1)
        assert run(replace(archive, progress=stopping_after_one(archive)), BY).stopped
    archive.stop.clear()
    with ward.store.read() as tx:
        (half,) = files.unfinished(tx)
        (gone,) = index.known(tx, names)
    (left,) = set(names) - {gone}
    place = archive.folder / half.name
    whole = place.read_bytes()
    place.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveDamaged, match="put it back from a copy"):
        run(replace(archive, personal=timedelta(days=700)), BY)
    with ward.store.read() as tx:
        (here,) = rows.load(tx, names)
        assert (here.number, here.erased) == (left, True)
        assert files.unfinished(tx) == []
    assert run(archive, BY).archived == 1
    with ward.store.read() as tx:
        assert tasks.open_number(tx, findings.STOPPED, half.name, "archive") is not None
    (problem,) = verifying.verify(ward.store, archive.folder).problems
    assert half.name in problem
    place.write_bytes(whole)
    assert verifying.verify(ward.store, archive.folder).problems == ()
    with ward.store.read() as tx:
        assert index.known(tx, names) == set(names)
        assert prove(tx, READERS).good


def test_room_that_a_stopped_run_has_freed_is_given_back_by_the_next(
    ward: Ward, archive: Archive
) -> None:
    """Also when that one archives nothing itself."""
    if ward.store.name != "sqlite":
        pytest.skip("autovacuum does that")
    for n in range(1, 6):
        end(ward, n)
    assert run(replace(archive, progress=stopping_after_one(archive)), BY).stopped
    archive.stop.clear()
    assert free_pages.room(ward.store).free
    assert run(archive, BY).archived == 0
    assert free_pages.room(ward.store).free == 0
