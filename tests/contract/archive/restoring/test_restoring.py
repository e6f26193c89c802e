"""What was archived comes back as it was, or is erased in every copy of the file."""

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.messages.catalog import READERS
from hub.messages.invalid import InvalidMessage
from hub.operations.archive import erasing, holding, restoring
from hub.operations.archive.config import Archive
from hub.operations.archive.files import verifying
from hub.operations.archive.files.reading import ArchiveDamaged
from hub.operations.archive.run.archiving import run
from hub.store.archive import index, rows
from hub.store.conservation import counts
from hub.store.conservation.proof import prove
from hub.store.evidence import audit, chain, verification
from hub.store.schema.tables.exchange import journal
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import end, number, take_in
from tests.support.ward import Ward

PAPER = b"%PDF " + b"scan" * 500_000
"""Two pieces of a file."""


def test_a_restored_dossier_is_as_it_was(ward: Ward, archive: Archive) -> None:
    """Every row, the stored file and the balance; twice is once; it stays until it is released."""
    name = end(ward, 1, scanned=PAPER[:90_000])
    end(ward, 2)
    with ward.store.read() as tx:
        before = list(rows.load(tx, [name])[0].lines())
        balance = counts.kept(tx)["provincial"]
    run(archive, BY)
    assert restoring.restore(archive, name, BY)
    assert not restoring.restore(archive, name, BY)
    with ward.store.read() as tx:
        back = rows.load(tx, [name])[0]
        assert list(back.lines()) == before
        assert prove(tx, READERS).good
        after = counts.kept(tx)["provincial"]
        assert all(not verification.verify(tx, one).problems for one in chain.CHAINS)
    assert after["delivered"] + after["archived"] == balance["delivered"]
    assert 0 < after["archived"] < balance["delivered"]
    (sha256,) = back.column("dossier_files", "sha256")
    assert ward.files.path(sha256).read_bytes() == PAPER[:90_000]
    assert run(archive, BY).archived == 0
    assert holding.release(ward.store, name, BY)
    assert run(archive, BY).archived == 1


def test_a_big_file_is_archived_and_restored_in_pieces(ward: Ward, archive: Archive) -> None:
    """Larger than one line of the archive file may be."""
    ward.files.limit = 10 * len(PAPER)
    name = end(ward, 1, scanned=PAPER)
    assert run(archive, BY).removed == 1
    restoring.restore(archive, name, BY)
    with ward.store.read() as tx:
        (sha256,) = rows.load(tx, [name])[0].column("dossier_files", "sha256")
    assert ward.files.path(sha256).read_bytes() == PAPER


def test_erasing_an_archived_dossier_reaches_every_copy(
    ward: Ward, archive: Archive, tmp_path: Path
) -> None:
    """A copy made before cannot be read either; files, chains and the others stay whole."""
    gone, kept = end(ward, 1), end(ward, 2)
    run(archive, BY)
    copy = shutil.copytree(archive.folder, tmp_path / "copy")
    assert erasing.erase_one(ward.store, gone, BY)
    assert not erasing.erase_one(ward.store, gone, BY)
    shutil.rmtree(archive.folder)
    shutil.copytree(copy, archive.folder)
    with pytest.raises(restoring.NotRestored, match="erased"):
        restoring.restore(archive, gone, BY)
    assert restoring.restore(archive, kept, BY)
    assert verifying.verify(ward.store, archive.folder).problems == ()
    with ward.store.read() as tx:
        assert audit.verify(tx)[1] == []


def test_erasing_a_dossier_here_leaves_hashes_and_sizes(ward: Ward, archive: Archive) -> None:
    """Bodies, applicant, notes and files go; states, times and the balance stay."""
    name = end(ward, 1, scanned=b"paper")
    with ward.store.read() as tx:
        states = rows.load(tx, [name])[0].deliveries()
    assert erasing.erase_one(ward.store, name, BY)
    removed = erasing.remove_files(
        ward.store, ward.files, untouched=archive.untouched, give_way=lambda: None
    )
    with ward.store.read() as tx:
        here = rows.load(tx, [name])[0]
        bodies = tx.execute(sa.select(journal.c.body).where(journal.c.key == name)).scalars()
        assert set(map(bytes, bodies)) == {b""}
    assert removed == 1
    assert here.deliveries() == states
    assert all(size > 0 for size in here.column("journal", "body_size"))
    assert all(len(it) == 64 for it in here.column("journal", "body_hash"))
    text = b"".join(here.text()).decode()
    assert "Nguyễn Văn Mẫu" not in text
    assert "000000000001" not in text
    with pytest.raises(InvalidMessage):
        ward.files.path(here.column("dossier_files", "sha256")[0])


@pytest.mark.parametrize("held", [True, False])
def test_what_is_open_or_held_is_not_erased(ward: Ward, held: bool) -> None:
    """A person is told why, and nothing is written."""
    name = end(ward, 1) if held else number(1)
    if held:
        holding.hold(ward.store, name, BY)
    else:
        take_in(ward, 1)
    with pytest.raises(erasing.NotErased, match="legal_hold" if held else "delivery_open"):
        erasing.erase_one(ward.store, name, BY)
    with ward.store.read() as tx:
        assert rows.load(tx, [name])[0].column("dossiers", "erased_at") == [None]


def test_verify_names_what_was_changed_or_is_missing(ward: Ward, archive: Archive) -> None:
    """A changed byte, a missing file, a missing manifest and a file that nobody knows."""
    names = []
    for n in (1, 2, 3):
        end(ward, n)
        names += run(archive, BY).files
    assert verifying.verify(ward.store, archive.folder).problems == ()
    first, second, third = (archive.folder / name for name in names)
    first.write_bytes(first.read_bytes()[:-1] + b" ")
    second.unlink()
    manifest = third.with_name(third.name.replace(".jsonl", ".manifest.json"))
    manifest.unlink()
    (archive.folder / "2018-08-x.jsonl").write_text("")
    problems = verifying.verify(ward.store, archive.folder).problems
    assert [text.partition(":")[0] for text in problems] == [
        first.name,
        second.name,
        manifest.name,
        "2018-08-x.jsonl",
    ]
    with ward.store.read() as tx:
        assert len(index.known(tx, [number(n) for n in (1, 2, 3)])) == 3
    with pytest.raises(ArchiveDamaged):
        restoring.restore(archive, number(1), BY)
