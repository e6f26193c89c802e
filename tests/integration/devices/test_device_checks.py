"""What the checks of scanner and barcode reader say, and how an operator reads them."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.devices.barcode.health import BarcodeLine
from adapters.devices.barcode.simulator import BarcodeReader
from adapters.devices.scanner import health
from adapters.devices.scanner.health import ScannerFolder
from adapters.devices.scanner.staying_files import RESTLESS_AFTER
from hub.cli import app

NAME = "000.99.01.H57-180806-0001__TP-01.pdf"


def codes(device: ScannerFolder | BarcodeLine) -> list[str]:
    """Return the codes of a check's findings."""
    return [it.code for it in device.check()]


def test_a_scan_folder_that_works_has_no_findings(folder: Path) -> None:
    """The hub's own folders and files of the system are no findings, nor is a scan of now."""
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / NAME).write_bytes(b"")
    assert codes(ScannerFolder("scanner-1", folder)) == []


def test_a_scan_folder_that_is_away_is_down(tmp_path: Path) -> None:
    """With the name of the folder and the system's own word."""
    finding = ScannerFolder("scanner-1", tmp_path / "away").check()[0]
    assert finding.code == "folder_away"
    assert "FileNotFoundError" in finding.evidence


def test_what_stays_in_a_scan_folder_is_counted_and_not_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file's name holds a dossier number, and may hold a person's."""
    monkeypatch.setattr(health, "STAYS_AFTER", 0.0)
    (folder / NAME).write_bytes(b"")
    (folder / f"{NAME}.part").write_bytes(b"")
    (folder / "2018-08-06").mkdir()
    finding = ScannerFolder("scanner-1", folder).check()[0]
    assert finding.code == "files_stay"
    assert finding.evidence == f"{folder}: 1 .part, 1 .pdf, 1 folder"


def test_what_is_no_file_is_counted_as_what_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link and a pipe are no folders."""
    monkeypatch.setattr(health, "STAYS_AFTER", 0.0)
    (folder / "a").symlink_to(folder.parent)
    os.mkfifo(folder / "b")
    assert ScannerFolder("scanner-1", folder).check()[0].evidence == f"{folder}: 1 link, 1 pipe"


def test_a_file_that_is_touched_for_ever_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time of change is always new; the finding tells that it changes."""
    monkeypatch.setattr(health, "STAYS_AFTER", 1e9)
    now = [0.0]
    device = ScannerFolder("scanner-1", folder, clock=lambda: now[0])
    (folder / NAME).write_bytes(b"x")
    for at in (0, RESTLESS_AFTER - 1):
        now[0] = at
        assert codes(device) == []
    now[0] = RESTLESS_AFTER
    assert device.check()[0].evidence == f"{folder}: 1 .pdf still changing"
    (folder / NAME).rename(folder.parent / "taken")
    (folder / NAME).write_bytes(b"x")
    assert codes(device) == []


@pytest.mark.parametrize("name", [b"~$bao.c\xe1o", b"~$HS.Nguyen Van An", b"HS.tuan", b"HS"])
def test_a_name_without_an_ending_that_is_known_is_a_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: bytes
) -> None:
    """What stands behind the dot may be a person's name, or no text at all."""
    monkeypatch.setattr(health, "STAYS_AFTER", 0.0)
    (folder / os.fsdecode(name)).write_bytes(b"")
    assert ScannerFolder("scanner-1", folder).check()[0].evidence == f"{folder}: 1 file"


def test_a_folder_of_the_system_or_of_now_does_not_stay(folder: Path) -> None:
    """Nobody at the counter can remove the one; a person just moved the other."""
    for name in ("lost+found", "@eaDir", ".snapshot", "2018-08-06"):
        (folder / name).mkdir()
    assert codes(ScannerFolder("scanner-1", folder)) == []


def test_a_barcode_reader_is_up_down_or_set_wrongly(tmp_path: Path) -> None:
    """A reader under another name is a setting to change, no cable to plug in."""
    reader = BarcodeReader()
    try:
        assert codes(BarcodeLine("reader", reader.line)) == []
    finally:
        reader.close()
    nothing, others = tmp_path / "none", tmp_path / "by-id"
    assert codes(BarcodeLine("reader", nothing, by_id=others)) == ["reader_away"]
    others.mkdir()
    (others / "usb-other").touch()
    found = BarcodeLine("reader", nothing, by_id=others).check()[0]
    assert (found.code, found.evidence) == ("reader_named_otherwise", f"{nothing}; usb-other")
    assert codes(BarcodeLine("reader", others / "usb-other")) == ["line_is_no_device"]


def test_an_operator_checks_every_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong, the evidence, who acts and what to do; code 1 where a device gives nothing."""
    scans, file = tmp_path / "hub" / "scans", tmp_path / "devices.toml"
    scans.mkdir(parents=True)
    file.write_text(
        f"[reader-2]\nkind = 'barcode_reader'\nplace = 'desk 2'\nline = '{tmp_path}/none'\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "hub"))
    monkeypatch.setenv("HUB_DEVICES_FILE", str(file))
    done = CliRunner().invoke(app, ["devices", "check", "--json"])
    assert done.exit_code == 1
    first, second = json.loads(done.stdout)["checked_devices"]
    assert (first["device"], first["state"]) == ("scanner-1", "up")
    assert (second["device"], second["place"], second["state"]) == ("reader-2", "desk 2", "down")
    assert str(tmp_path / "none") in second["evidence"]
    assert second["owner"]
    assert second["what_to_do"]


def test_a_broken_file_of_devices_is_refused_with_line_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command as at the hub's start."""
    file = tmp_path / "devices.toml"
    file.write_text("[a]\nkind = 'scanner'\nfoldr = '/x'\n", encoding="utf-8")
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_DEVICES_FILE", str(file))
    done = CliRunner().invoke(app, ["devices", "check"])
    assert done.exit_code == 2
    assert "line 3" in done.output
    assert "foldr" in done.output
