"""What the archive refuses, each time with a sentence and without a trace."""

import secrets
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hub.operations.archive import restoring, sharing, verifying
from hub.operations.archive.archiving import Archive, NotPast, rehearse, run
from hub.operations.archive.leading import NotLeading
from hub.operations.archive.writing import FileWriter
from hub.store.archive import files, rows
from tests.contract.archive.conftest import BY
from tests.support.ended import LONG_AFTER, end
from tests.support.ward import Ward


def test_a_day_that_has_not_come_is_refused(ward: Ward, archive: Archive) -> None:
    """It would take what has ended this minute; the very moment is the latest."""
    name = end(ward, 1)
    tomorrow = LONG_AFTER + timedelta(days=1)
    with pytest.raises(NotPast, match="future"):
        run(archive, BY, before=tomorrow)
    with pytest.raises(NotPast, match="future"):
        rehearse(archive, before=tomorrow)
    with ward.store.read() as tx:
        assert len(rows.load(tx, [name])) == 1
    assert run(archive, BY, before=LONG_AFTER).archived == 1


def test_a_file_over_a_lowered_limit_is_not_restored_and_the_setting_is_named(
    ward: Ward, archive: Archive
) -> None:
    """The dossier stays in the archive, and comes back when the limit allows it."""
    name = end(ward, 1, scanned=b"x" * 2000)
    run(archive, BY)
    ward.files.limit = 1000
    with pytest.raises(restoring.NotRestored, match="HUB_FILE_LIMIT_MB"):
        restoring.restore(archive, name, BY)
    with ward.store.read() as tx:
        assert rows.load(tx, [name]) == []
    ward.files.limit = 2000
    assert restoring.restore(archive, name, BY)


def test_a_file_that_no_longer_follows_from_the_newest_is_given_up(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock was lost and another process completed a file: the chain does not fork."""
    name = end(ward, 1)
    finish: Callable[..., object] = FileWriter.finish

    def finish_behind_another(self: FileWriter, previous: str) -> object:
        made = finish(self, previous)
        other, fact = f"{secrets.token_hex(3)}.jsonl", "0" * 64
        with ward.store.write() as tx:
            seq = files.begin(tx, name=other, month="2018-08", now=LONG_AFTER)
            facts = {"sha256": fact, "manifest_hash": fact, "size": 0, "dossiers": 0, "rows": 0}
            files.complete(tx, seq, previous_hash=previous, **facts)
        return made

    with monkeypatch.context() as patched:
        patched.setattr(FileWriter, "finish", finish_behind_another)
        with pytest.raises(NotLeading):
            run(archive, BY)
    assert list(archive.folder.glob("*.json*")) == []
    with ward.store.write() as tx:
        (other,) = files.known(tx)
        assert len(rows.load(tx, [name])) == 1
        files.discard(tx, other.seq)
    assert run(archive, BY).archived == 1
    assert verifying.verify(ward.store, archive.folder).problems == ()


@pytest.mark.parametrize("copied", [True, False])
def test_a_machine_with_another_folder_writes_nothing_there(
    ward: Ward, archive: Archive, tmp_path: Path, copied: bool
) -> None:
    """Also when the other folder began as a copy; the machine with the right one goes on."""
    end(ward, 1)
    run(archive, BY)
    elsewhere = tmp_path / "elsewhere"
    if copied:
        shutil.copytree(archive.folder, elsewhere)
        end(ward, 2)
        run(archive, BY)
    name = end(ward, 3)
    with pytest.raises(sharing.NotShared, match="HUB_ARCHIVE_DIR"):
        run(replace(archive, folder=elsewhere), BY)
    with ward.store.read() as tx:
        assert len(rows.load(tx, [name])) == 1
    assert run(archive, BY).archived == 1
    assert verifying.verify(ward.store, archive.folder).problems == ()
