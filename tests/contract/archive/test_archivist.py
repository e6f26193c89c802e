"""The archive inside the timer's process: it runs by itself, gives way at a stop, and reports."""

import threading
from datetime import timedelta

import pytest

from hub.operations.archive import role
from hub.operations.archive.archiving import Archive
from hub.operations.archive.leading import leading
from hub.operations.archive.reading import ArchiveDamaged
from hub.store.archive import index
from tests.support.ended import end
from tests.support.ward import Ward


def test_it_archives_by_itself_and_stops_when_told(ward: Ward, archive: Archive) -> None:
    """One run at its start; then it waits, and a stop does not wait for the next one."""
    name = end(ward, 1)
    archived = threading.Event()
    told = Archive(
        **{
            **{field: getattr(archive, field) for field in archive.__dataclass_fields__},
            "progress": lambda step, _: archived.set() if step == "archived" else None,
        }
    )
    archivist = role.Archivist(told, every=timedelta(hours=1))
    archivist.start()
    assert archived.wait(30)
    archivist.stop()
    assert archivist.trouble == ""
    with ward.store.read() as tx:
        assert index.get(tx, name) is not None


def test_a_damaged_file_and_another_leader_crash_nothing(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are normal for a role that looks again in an hour."""
    name = end(ward, 1)
    archivist = role.Archivist(archive, every=timedelta(hours=1))
    with leading(archive.store, archive.folder):
        archivist.look()

    def damaged(*_: object, **__: object) -> None:
        raise ArchiveDamaged("x.jsonl: the file was changed")

    monkeypatch.setattr(role, "run", damaged)
    archivist.look()
    with ward.store.read() as tx:
        assert index.get(tx, name) is None
