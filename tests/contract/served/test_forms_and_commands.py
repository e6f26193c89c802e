"""Which contract is read, by what the profile says, and what the commands tell of it."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from adapters.provincial.served_contract import contract_reader
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from adapters.town_center import profile as town_profile
from adapters.town_center.served_contract import contract_reader as town_reader
from hub.cli import app
from hub.messages import catalog
from hub.ports import FetchOutcome
from hub.store.engine.store import Store
from tests.support.partners.province import settings_for
from tests.support.partners.town import settings_for as town_settings
from tests.support.partners.town import start_town
from tests.support.watched_contract import DAY, NEXT_VERSION, Watched, profile, reader_of

K = FaultKind


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_openapi_is_read_where_the_profile_names_it(
    store: Store, province: SimulatorProcess, tmp_path: Path, form: str
) -> None:
    """A province that is called by REST, in either form."""
    named = profile(f'[contract]\nopenapi = "/openapi.{form}"\n', tmp_path)
    reader = reader_of(province, mode="rest", profile=named)
    watched = Watched(store, reader)
    watched.check()
    assert (watched.kept.outcome, watched.kept.differs) == (FetchOutcome.SERVED, 0)
    province.set_faults([NEXT_VERSION])
    watched.check(DAY)
    (task,) = watched.open_tasks
    assert "DangNhap reply/200/body/thoiGianXuLy" in task.detail
    reader.close()


def test_the_towns_contract_is_watched_too(store: Store, tmp_path: Path) -> None:
    """It needs no token."""
    file = tmp_path / "own.toml"
    file.write_text('[contract]\nopenapi = "openapi.yaml"\n', encoding="utf-8")
    nowhere = "http://127.0.0.1:1"
    with start_town(tmp_path / "town", nowhere) as town:
        found = town_profile.load(file).profile
        reader = town_reader(town_settings(town.url, nowhere, profile=found))
        assert reader is not None
        watched = Watched(store, reader)
        watched.check()
        assert (watched.kept.outcome, watched.kept.differs) == (FetchOutcome.SERVED, 0)
        town.set_faults([NEXT_VERSION])
        watched.check(DAY)
        (task,) = watched.open_tasks
        assert task.destination == catalog.TOWN_CENTER
        reader.close()


def test_nothing_is_asked_for_where_the_profile_names_nothing(
    province: SimulatorProcess, tmp_path: Path
) -> None:
    """REST without an address, and a WSDL that was switched off."""
    assert contract_reader(settings_for(province.url, mode="rest")) is None
    silent = profile('[contract]\nwsdl = ""\n', tmp_path)
    assert contract_reader(settings_for(province.url, profile=silent)) is None


def test_the_wsdl_is_behind_the_address_of_the_calls(
    province: SimulatorProcess, tmp_path: Path
) -> None:
    """Whatever the profile says that this is; an address of its own is taken as it is."""
    lines = '[addresses.soap]\nevery = "/dvc/Service.asmx?op=x"\n'
    asmx = profile(lines, tmp_path)
    assert reader_of(province, profile=asmx).address == f"{province.url}/dvc/Service.asmx?wsdl"
    named = profile(f'{lines}[contract]\nwsdl = "/dvc/a.wsdl"\n', tmp_path)
    assert reader_of(province, profile=named).address == f"{province.url}/dvc/a.wsdl"


def test_commands_tell_when_it_was_fetched_and_what_changed(
    installed: Store, province: SimulatorProcess
) -> None:
    """`show` before the first time, after it, and where none is served; `drift` as a table and as
    JSON."""

    def said(*words: str) -> str:
        result = CliRunner().invoke(app, ["partners", *words])
        assert result.exit_code == 0, result.output
        return result.output

    assert "Contract: not fetched yet" in said("show", "province")
    reader = reader_of(province)
    watched = Watched(installed, reader)
    watched.check()
    shown = said("show", "province")
    assert f"{province.url}/soap?wsdl" in shown
    assert "last fetched 23/11/2026 08:00:00, unchanged since 23/11/2026 08:00:00" in shown
    assert "no difference from the hub's schemas/" in shown
    province.set_faults([NEXT_VERSION])
    watched.check(DAY)
    assert "differs from the hub's schemas/ in 5 places" in said("show", "province")
    listed = said("drift", "province")
    assert "follow a contract that changed" in listed
    assert "+ reply/thoiGianXuLy" in listed
    found = msgspec.json.decode(said("drift", "--json"))
    assert {it["kind"] for it in found["drift"]} == {"contract"}
    assert found["contracts"]["provincial"]["fetched_at"].startswith("2026-11-24T01:00")
    assert found["contracts"]["town_center"] is None
    province.set_faults([Fault(kind=K.LOST, status=404, operations=("contract",))])
    watched.check(DAY)
    assert "the partner serves none (HTTP 404)" in said("show", "province")
    reader.close()
