"""What is told again, erased, held or restored while, or after, a dossier is archived."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread

import pytest
import sqlalchemy as sa

from hub.messages.catalog import READERS
from hub.messages.envelope import decode
from hub.operations.archive import erasing, restoring
from hub.operations.archive.config import Archive
from hub.operations.archive.files import sealing
from hub.operations.archive.files.reading import ArchiveDamaged, FileReader, open_part
from hub.operations.archive.files.writing import FileWriter
from hub.operations.archive.run import archiving
from hub.operations.archive.run.archiving import run
from hub.operations.archive.run.selecting import Pages
from hub.rules.retention.ends import KeepReason
from hub.store.archive import files, index, references, rows
from hub.store.archive.rows import Rows
from hub.store.conservation.proof import prove
from hub.store.engine.store import Tx
from hub.store.monitoring import attention, work_counts
from hub.store.records import dossiers
from hub.store.schema.tables.exchange import blobs, journal
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import LONG_AFTER, end
from tests.support.database.blocked import wait_blocked
from tests.support.ward import BIRTH, MONDAY, Ward, reception

NAME = "Nguyễn Văn Mẫu".encode()
PAPER = b"paper"


def tell_again(ward: Ward, bodies: list[bytes]) -> None:
    """Tell the ward what it was told before, word for word."""
    ward.file(PAPER, "x")  # the scanner stores it anew
    for body in bodies:
        ward.intake.accept(decode(body))
    ward.settle()


def told(ward: Ward, name: str) -> list[bytes]:
    """Return what the ward was told about a dossier."""
    with ward.store.read() as tx:
        query = sa.select(journal.c.body).where(journal.c.key == name)
        query = query.where(journal.c.state == "handled").order_by(journal.c.recorded_at)
        return list(tx.execute(query).scalars())


def test_a_dossier_whose_messages_were_told_again_comes_back(ward: Ward, archive: Archive) -> None:
    """Nothing goes out twice, and the repeats do not stand in the way of what was told first."""
    name = end(ward, 1, scanned=PAPER)
    with ward.store.read() as tx:
        first = rows.load(tx, [name])[0]
    messages = told(ward, name)
    run(archive, BY)
    tell_again(ward, messages)
    ward.accept(reception(BIRTH, name))
    with ward.store.read() as tx:
        assert work_counts.open_count(tx) == 0
        assert len(attention.parked(tx)) == len(messages) - 1
    assert restoring.restore(archive, name, BY)
    tell_again(ward, messages)
    with ward.store.read() as tx:
        assert list(rows.load(tx, [name])[0].lines()) == list(first.lines())
        assert work_counts.open_count(tx) == 0
        assert prove(tx, READERS).good


def test_a_reception_that_meets_the_archiving_opens_nothing(ward: Ward, archive: Archive) -> None:
    """PostgreSQL: whoever inserts waits for whoever deletes, and is then not the first."""
    if ward.store.name == "sqlite":
        pytest.skip("one writer at a time")
    name = end(ward, 1)
    with ward.store.read() as tx:
        (here,), known = rows.load(tx, [name]), dossiers.get(tx, name, lock=False)
    assert known is not None
    dossier = known

    added: list[bool] = []

    def add() -> None:
        with ward.store.write() as tx:
            added.append(dossiers.add(tx, dossier))

    adding = Thread(target=add)
    with ward.store.write() as tx:
        seq = files.begin(tx, name="x", month="2018-08", now=LONG_AFTER)
        rows.delete(tx, [here])
        index.add(tx, [_archived(name, seq)])
        adding.start()
        assert wait_blocked(ward.store, adding)
    adding.join()
    assert added == [False]
    with ward.store.read() as tx:
        assert rows.load(tx, [name]) == []


def _archived(name: str, seq: int) -> index.Archived:
    return index.Archived(
        number=name,
        file=seq,
        place=0,
        length=0,
        sha256="",
        status=10,
        received_at=MONDAY,
        due_at=MONDAY,
        finished_at=None,
        closed_at=MONDAY,
        archived_at=LONG_AFTER,
    )


def test_erasing_reaches_what_was_told_again(ward: Ward, archive: Archive) -> None:
    """A body that came when the dossier was in the archive is emptied, too, and by age as well."""
    by_person, by_age = end(ward, 1), end(ward, 2)
    run(archive, BY)
    for name in (by_person, by_age):
        ward.accept(reception(BIRTH, name))
    assert erasing.erase_one(ward.store, by_person, BY)
    late = LONG_AFTER + timedelta(days=4000)
    then = replace(archive, clock=lambda: late)
    assert sum(erasing.erase_due(then, give_way=lambda: None, again=False)) == 1
    with ward.store.read() as tx:
        bodies = tx.execute(sa.select(journal.c.body)).scalars().all()
    assert len(bodies) == 2
    assert not any(map(bytes, bodies))


def test_what_waits_for_an_archived_dossier_is_settled_before_it_is_erased(
    ward: Ward, archive: Archive
) -> None:
    """A parked message may be the reason to bring the dossier back."""
    name = end(ward, 1, scanned=PAPER)
    messages = told(ward, name)
    run(archive, BY)
    tell_again(ward, messages)
    with pytest.raises(erasing.NotErased, match="message_parked"):
        erasing.erase_one(ward.store, name, BY)
    with ward.store.read() as tx:
        assert index.keys(tx, [name])


def test_what_is_erased_while_a_file_is_written_cannot_be_read_there(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows were read before: they are not sealed with a key that stays."""
    name = end(ward, 1)
    add = archiving._Run._add

    def erase_and_add(
        self: archiving._Run, writer: FileWriter, left: Pages, largest: int
    ) -> dict[str, bytes]:
        erasing.erase_one(ward.store, name, BY)
        return add(self, writer, left, largest)

    monkeypatch.setattr(archiving._Run, "_add", erase_and_add)
    run(archive, BY)
    with ward.store.read() as tx:
        keys = index.keys(tx, [name])
    for place in archive.folder.glob("*.jsonl"):
        with FileReader(place) as reader:
            for line in reader.lines():
                if name in keys:
                    packed = open_part(line.part, keys[name])
                    assert NAME not in b"".join(sealing.unpack(packed))


def test_what_is_erased_while_it_is_restored_does_not_come_back(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision to erase holds, although the rows were read before."""
    name = end(ward, 1)
    run(archive, BY)
    read = restoring._read

    def read_and_erase(*args: object) -> Rows:
        found = read(*args)  # type: ignore[arg-type]
        assert erasing.erase_one(ward.store, name, BY)
        return found

    monkeypatch.setattr(restoring, "_read", read_and_erase)
    with pytest.raises(restoring.NotRestored, match="erased"):
        restoring.restore(archive, name, BY)
    with ward.store.read() as tx:
        assert rows.load(tx, [name]) == []


def test_a_file_whose_head_was_changed_restores_nothing(ward: Ward, archive: Archive) -> None:
    """Two columns that changed places would be put back as each other."""
    name = end(ward, 1)
    (file,) = run(archive, BY).files
    place = archive.folder / file
    place.write_bytes(place.read_bytes().replace(b'"officer","unit"', b'"unit","officer"', 1))
    with pytest.raises(ArchiveDamaged, match="changed"):
        restoring.restore(archive, name, BY)
    with ward.store.read() as tx:
        assert rows.load(tx, [name]) == []


@pytest.mark.parametrize("damaged", [True, False])
def test_a_dossier_stays_whose_stored_file_is_missing_or_damaged(
    ward: Ward, archive: Archive, damaged: bool
) -> None:
    """Its folder may not be mounted; no file is written for it, run after run."""
    name = end(ward, 1, scanned=PAPER)
    with ward.store.read() as tx:
        (sha256,) = tx.execute(sa.select(blobs.c.sha256)).scalars()
    place = ward.files.path(sha256)
    if damaged:
        place.write_bytes(b"rotten")
    else:
        place.rename(place.with_name("away"))
    for again in (False, True):
        report = run(archive, BY, again=again)
        assert (report.archived, dict(report.kept)) == (0, {KeepReason.FILE_MISSING: 1})
        assert report.examples[KeepReason.FILE_MISSING] == [name]
    assert list(archive.folder.glob("*.jsonl")) == []
    place.write_bytes(PAPER)
    assert run(archive, BY, again=True).archived == 1


def test_a_stored_file_that_a_kill_left_aside_is_put_back(ward: Ward) -> None:
    """It may have been touched before it was moved; one that was stored anew stays."""
    sha256 = ward.file(PAPER, "x").sha256
    place = ward.files.path(sha256)
    aside = ward.files.directory / f".out-{sha256}"
    place.rename(aside)
    assert not ward.files.remove(sha256, untouched=timedelta(days=1))
    assert place.read_bytes() == PAPER
    assert not aside.exists()
    aside.write_bytes(PAPER)
    ward.files.put_back(sha256)
    assert place.read_bytes() == PAPER
    assert not aside.exists()


def test_a_message_that_comes_while_rows_are_deleted_keeps_its_dossier(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is deleted; the run ends as it should, and the next one takes it."""
    name = end(ward, 1)
    mark = references.mark_unneeded

    def tell_and_mark(tx: Tx, numbers: list[str], *, now: datetime) -> None:
        mark(tx, numbers, now=now)
        copied = sa.text(
            "INSERT INTO journal (id, type, version, key, source, time, correlation_id,"
            " causation_id, body, state, recorded_at) SELECT 'late', type, version, key, source,"
            " time, correlation_id, causation_id, body, 'accepted', recorded_at FROM journal"
            " WHERE key = :name LIMIT 1"
        )
        if numbers:
            tx.execute(copied, {"name": name})

    with ward.store.read() as tx:
        before = list(rows.load(tx, [name])[0].lines())
    with monkeypatch.context() as patched:
        patched.setattr(references, "mark_unneeded", tell_and_mark)
        report = run(archive, BY)
    assert (report.archived, report.changed) == (0, 1)
    with ward.store.read() as tx:
        assert list(rows.load(tx, [name])[0].lines()) == before
        assert prove(tx, READERS).good
    assert run(archive, BY).archived == 1
