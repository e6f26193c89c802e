"""The doctor looks a delivered dossier up at the partner: a login alone says too little."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.broker.memory import MemoryBroker
from hub.preflight.check import Check
from hub.preflight.partners import partners
from hub.settings import Settings
from hub.store.engine import Store
from hub.store.migrate import migrate
from tests.support.province import PASSWORD, USERNAME, settings_for, start_province
from tests.support.works import record, working

Place = tuple[SimulatorProcess, Settings]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A province that has one dossier of the hub's."""
    with start_province(tmp_path / "province") as province:
        store = Store(f"sqlite:///{tmp_path}/hub.db")
        migrate(store)
        destination = ProvincialDestination(settings_for(province.url))
        with working(store, MemoryBroker(), destination) as works:
            works.say(record(1, 1))
            works.wait_delivered(1)
        destination.close()
        store.close()
        yield (
            province,
            Settings(
                data_dir=str(tmp_path),
                province_url=province.url,
                province_username=USERNAME,
                province_password=PASSWORD,
            ),
        )


def found(settings: Settings) -> dict[str, Check]:
    """Return what the doctor says of the partners, by subject."""
    return {check.subject: check for check in partners(settings)}


def test_a_delivered_dossier_is_looked_up(place: Place) -> None:
    """The newest one; the finding names it."""
    check = found(place[1])["provincial look-up"]
    assert check.ok, check
    assert "is there" in check.detail


def test_a_look_up_that_cannot_be_read_is_a_finding_although_the_login_works(place: Place) -> None:
    """With what to do: every unknown effect waits for that look-up."""
    province, settings = place
    province.set_faults([Fault(kind=FaultKind.HTML, operations=("TraCuuHoSo",))])
    checks = found(settings)
    assert checks["provincial"].ok
    assert not checks["provincial look-up"].ok
    assert not checks["provincial look-up"].fatal
    assert "reply_unreadable" in checks["provincial look-up"].detail
    assert "hub partners rehearse" in checks["provincial look-up"].fix


def test_a_new_installation_looks_nothing_up(place: Place, tmp_path: Path) -> None:
    """Nothing was delivered, so nothing can be said."""
    settings = place[1]
    (tmp_path / "new").mkdir()
    store = Store(f"sqlite:///{tmp_path}/new/hub.db")
    migrate(store)
    store.close()
    empty = Settings(
        data_dir=str(tmp_path / "new"),
        province_url=settings.province_url,
        province_username=USERNAME,
        province_password=PASSWORD,
    )
    checks = found(empty)
    assert checks["provincial"].ok
    assert "provincial look-up" not in checks
