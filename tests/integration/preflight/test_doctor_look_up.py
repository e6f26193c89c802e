"""The doctor looks a delivered dossier up at the partner: a login alone says too little."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.broker.memory import MemoryBroker
from hub.preflight.check import Check
from hub.preflight.partners import partners
from hub.rules.failures.errors import PermanentFailure
from hub.settings import Settings
from tests.support.database.stores import empty_store
from tests.support.partners.province import PASSWORD, USERNAME, settings_for, start_province
from tests.support.works import record, working

Place = tuple[SimulatorProcess, Settings]


def profile(place: Path, *, lag: str) -> str:
    """Write a profile with this lag of the look-up; return its path."""
    file = place / f"lag-{lag}.toml"
    file.write_text(f'[lookup]\nlag = "{lag}"\n', encoding="utf-8")
    return str(file)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A province that has one dossier of the hub's."""
    with start_province(tmp_path / "province") as province:
        store = empty_store(tmp_path / "hub.db")
        destination = ProvincialDestination(settings_for(province.url))
        with working(store, MemoryBroker(), destination) as works:
            works.emit(record(1, 1))
            works.wait_delivered(1)
        destination.close()
        store.close()
        yield (
            province,
            Settings(
                data_dir=str(tmp_path),
                province_profile=profile(tmp_path, lag="0s"),
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


def test_a_dossier_that_the_look_up_may_not_show_yet_is_not_looked_up(
    place: Place, tmp_path: Path
) -> None:
    """Delivered a moment ago at a partner whose look-up lags: nothing is wrong with it."""
    province, settings = place
    province.speak("late_replica", lag_seconds=600)
    settings = msgspec.structs.replace(settings, province_profile=profile(tmp_path, lag="20m"))
    checks = found(settings)
    assert checks["provincial"].ok
    assert "provincial look-up" not in checks


def test_a_delivered_dossier_that_can_no_longer_be_written_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was delivered under other rules: the doctor says that it asked nothing."""

    def refuse(*_: object) -> None:
        raise PermanentFailure("prepare_failed", "another form")

    monkeypatch.setattr(ProvincialDestination, "prepare", refuse)
    check = found(place[1])["provincial look-up"]
    assert check.ok
    assert "not looked up" in check.detail
    assert "prepare_failed" in check.detail


def test_a_new_installation_looks_nothing_up(place: Place, tmp_path: Path) -> None:
    """Nothing was delivered, so nothing can be said."""
    settings = place[1]
    (tmp_path / "new").mkdir()
    store = empty_store(tmp_path / "new/hub.db")
    store.close()
    empty = Settings(
        data_dir=str(tmp_path / "new"),
        province_profile=settings.province_profile,
        province_url=settings.province_url,
        province_username=USERNAME,
        province_password=PASSWORD,
    )
    checks = found(empty)
    assert checks["provincial"].ok
    assert "provincial look-up" not in checks
