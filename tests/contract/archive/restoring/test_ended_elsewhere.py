"""What the rest of the hub says of dossiers that were archived or erased."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.operations.archive import erasing, holding
from hub.operations.archive.config import Archive
from hub.operations.archive.run.archiving import run
from hub.store.monitoring import attention
from hub.store.records.reading import partner_view
from hub.store.repair import tasks
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import end, number
from tests.support.ward import MONDAY, Ward, scan


def test_a_partners_list_finds_an_archived_dossier(ward: Ward, archive: Archive) -> None:
    """It is known, and nothing is said of a status that nobody looks up."""
    gone, nobody = end(ward, 1), number(9)
    run(archive, BY)
    with ward.store.read() as tx:
        found = partner_view.known(tx, "provincial", [gone, nobody])
    assert set(found) == {gone}
    assert (found[gone].opened, found[gone].settled, found[gone].status) == (True, True, None)


def test_an_erased_dossier_is_left_out_of_comparisons(ward: Ward) -> None:
    """There is nothing left to compare; a list still finds it."""
    gone, kept = end(ward, 1), end(ward, 2)
    erasing.erase_one(ward.store, gone, BY)
    day = MONDAY.replace(hour=0, minute=0)
    with ward.store.read() as tx:
        assert tasks.changed_between(tx, day, day + timedelta(days=1)) == {kept}
        assert partner_view.known(tx, "provincial", [gone])[gone].status is None


def test_nothing_is_said_about_an_erased_dossier_any_more(ward: Ward) -> None:
    """A partner would be told that the applicant is nobody: the scan is parked."""
    gone = end(ward, 1)
    erasing.erase_one(ward.store, gone, BY)
    ward.accept(scan("x"), ward.file(b"late", "x"))
    with ward.store.read() as tx:
        assert [code for _, _, _, code, _ in attention.parked(tx)] == ["dossier_erased"]


def test_the_slip_answers_for_an_archived_dossier(
    ward: Ward, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its hand-overs, how it ended, and where it is."""
    name = end(ward, 1)
    report = run(archive, BY)
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_DATABASE_URL", ward.store.url)
    slip = CliRunner().invoke(app, ["dossier", "trail", name])
    assert slip.exit_code == 0, slip.output
    assert report.files[0] in slip.output
    assert "Due " in slip.output


def test_a_hold_has_a_name_and_a_reason(ward: Ward) -> None:
    """Placed once, released once, and only on what is there."""
    name = end(ward, 1)
    assert holding.hold(ward.store, name, BY)
    assert not holding.hold(ward.store, name, BY)
    assert holding.release(ward.store, name, BY)
    assert not holding.release(ward.store, name, BY)
    with pytest.raises(holding.NoSuchDossier):
        holding.hold(ward.store, number(9), BY)
