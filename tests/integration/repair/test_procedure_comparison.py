"""Ward and province compare their procedures, over SOAP and over REST, with a real simulator."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from hub.cli import app
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.operations.comparison.procedures import Difference, codes_seen, compare
from hub.records.rulebook import Rulebook
from hub.store.messages import journal
from tests.support.database.stores import empty_store
from tests.support.partners.province import PASSWORD, USERNAME, settings_for, start_province
from tests.support.works import AT, now, number

ON = date(2018, 8, 6)
CATALOGUE = Rulebook.load().catalogue
OURS = {version.code: version.name for version in CATALOGUE if version.is_valid_on(ON)}
GONE, RENAMED, *_ = sorted(OURS)
NEW = "8.000001"


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """A province that lacks one procedure, calls one otherwise and has one that we lack."""
    place = tmp_path_factory.mktemp("province")
    theirs = {code: f" {name.upper()}  " for code, name in OURS.items() if code != GONE}
    theirs |= {RENAMED: "Tên khác", NEW: "Thủ tục mới"}
    file = place / "procedures.json"
    file.write_text(json.dumps(theirs), encoding="utf-8")
    with start_province(place, "--procedures", str(file)) as found:
        yield found


def expected() -> list[Difference]:
    """Return what differs at that province."""
    return [
        Difference(code=GONE, kind="unknown_there", ours=OURS[GONE]),
        Difference(code=RENAMED, kind="name_differs", ours=OURS[RENAMED], theirs="Tên khác"),
        Difference(code=NEW, kind="unknown_here", theirs="Thủ tục mới"),
    ]


@pytest.mark.parametrize("mode", ["soap", "rest"])
def test_every_difference_is_named_and_nothing_else(province: SimulatorProcess, mode: str) -> None:
    """Case and blanks are no difference; a code that nobody has is none either."""
    with closing(ProvincialDestination(settings_for(province.url, mode=mode))) as partner:
        found = compare(CATALOGUE, partner, on=ON, seen=[NEW, "9.999999", RENAMED])
    assert found == expected()


def test_what_could_not_be_asked_about_is_no_difference_and_no_agreement() -> None:
    """A province that is away proves nothing."""
    with closing(ProvincialDestination(settings_for("http://127.0.0.1:9"))) as partner:
        found = compare(CATALOGUE, partner, on=ON)
    assert {item.kind for item in found} == {"not_asked"}
    assert len(found) == len(OURS)


def test_the_command_lists_and_compares(
    province: SimulatorProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The codes that came in and were parked are asked about too; exit 1 on a difference."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")
    listed = CliRunner().invoke(app, ["partners", "procedures", "--day", "2018-08-06"])
    assert listed.exit_code == 0
    assert all(code in listed.output for code in OURS)
    nobody = CliRunner().invoke(app, ["partners", "procedures", "--compare"])
    assert nobody.exit_code == 2
    store = empty_store(tmp_path / "hub.db")
    scan = p.BarcodeScanned(
        number=number(1), station=p.Station.RETURN, scanned_at=AT, device="reader-1"
    )
    message = catalog.compose(scan, time=AT, source="test")
    entry = journal.JournalEntry(message, envelope.encode(message), "x")
    why = f"maTTHC: no procedure '{NEW}' in force on 2018-08-06"
    with store.write() as tx:
        journal.park(tx, entry, now(), code="procedure_unknown", reason=why)
        assert codes_seen(tx) == {NEW}
    store.close()
    monkeypatch.setenv("HUB_PROVINCE_URL", province.url)
    monkeypatch.setenv("HUB_PROVINCE_USERNAME", USERNAME)
    monkeypatch.setenv("HUB_PROVINCE_PASSWORD", PASSWORD)
    monkeypatch.setenv("HUB_PROVINCE_AGENCY", "000.99.01.H57")
    compared = CliRunner().invoke(
        app, ["partners", "procedures", "--compare", "--day", "2018-08-06"]
    )
    assert compared.exit_code == 1, compared.output
    lines = compared.output.splitlines()
    for item in expected():
        kind = item.kind.replace("_", " ")
        assert any(item.code in line and kind in line for line in lines), compared.output
    assert sum(kind in compared.output for kind in ("not queried",)) == 0
