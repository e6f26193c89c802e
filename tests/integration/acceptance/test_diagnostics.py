"""The file of diagnostics: what engineers need is in it, secrets and persons are not."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app

SECRET = "opensesame-4711"
PERSON = "Nguyễn Văn Thử"
SETTINGS = {
    "HUB_OPERATOR": "Tran Thi Thu",
    "HUB_PROVINCE_PASSWORD": SECRET,
    "HUB_BROKER_URL": f"amqp://ward:{SECRET}@127.0.0.1:5672/",
    "HUB_TOWN_CLIENT_SECRET": SECRET,
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with a reader that is away, at a desk that bears a person's name."""
    file = tmp_path / "devices.toml"
    file.write_text(
        f"[reader-2]\nkind = 'barcode_reader'\nplace = '{PERSON}'\nline = '{tmp_path}/none'\n",
        encoding="utf-8",
    )
    (tmp_path / "hub" / "scans").mkdir(parents=True)
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "hub"))
    monkeypatch.setenv("HUB_DEVICES_FILE", str(file))
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_the_file_has_findings_and_settings_but_no_secret_and_no_person(home: Path) -> None:
    """It leaves the ward by mail."""
    file = home / "diagnostics.json"
    done = CliRunner().invoke(app, ["devices", "diagnostics", str(file)])
    assert done.exit_code == 0, done.output
    content = file.read_text(encoding="utf-8")
    for hidden in (SECRET, "Tran Thi Thu", "Nguyễn", "Văn", "Thử"):
        assert hidden not in content
    found = json.loads(content)
    assert found["settings"]["province_password"] == "***"
    assert found["settings"]["data_dir"] == str(home / "hub")
    reader = next(it for it in found["devices"] if it["device"] == "reader-2")
    assert reader["findings"][0]["code"] == "reader_away"
    assert str(home / "none") in reader["findings"][0]["evidence"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_not_written_over(home: Path) -> None:
    """A typing error must not cost another file."""
    file = home / "letter.txt"
    file.write_text("a letter", encoding="utf-8")
    assert CliRunner().invoke(app, ["devices", "diagnostics", str(file)]).exit_code == 1
    assert file.read_text(encoding="utf-8") == "a letter"
