"""The page of the devices, on either database."""

from datetime import timedelta

from hub.operations.devices.listing import OVERDUE
from hub.rules.devices.health import DeviceFinding
from hub.rules.users.scope import Scope
from hub.store.devices import states
from hub.store.engine.store import Store
from tests.support.console import looking
from tests.support.works import now


def keep(store: Store, device: str, *findings: DeviceFinding, age: timedelta) -> None:
    """Store what a check found some time ago."""
    with store.write() as tx:
        states.keep(tx, device, kind="scanner", place="quầy 2", findings=findings, now=now() - age)


def test_a_device_is_shown_with_evidence_and_what_to_do(store: Store) -> None:
    """One that is well says only that; one without a check lately is not called well."""
    lately = timedelta(seconds=1)
    keep(store, "scanner-1", age=lately)
    keep(store, "scanner-2", DeviceFinding("folder_away", "/srv/<2>"), age=lately)
    keep(store, "scanner-3", age=2 * OVERDUE)
    with looking(store) as visitor:
        page = visitor.get("/devices").text
    assert "the scan folder cannot be read" in page
    assert "/srv/&lt;2&gt;" in page
    assert "check the server of the shared folder" in page
    assert "there was no check lately" in page
    assert page.count("quầy 2") == 3


def test_an_installation_without_a_check_says_so(store: Store) -> None:
    """An empty page would be read as all well."""
    with looking(store) as visitor:
        assert "No device was checked yet" in visitor.get("/devices").text


def test_devices_are_not_for_a_partner(store: Store) -> None:
    """They concern the installation as a whole."""
    with looking(store, scope=Scope(partners=frozenset({"town_center"}))) as town:
        assert town.get("/devices").status_code == 403
