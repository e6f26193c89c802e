"""The page of the devices, on either database."""

import re
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from hub.operations.devices.listing import OVERDUE
from hub.operations.devices.snapshots import Snapshots
from hub.ports.devices import NoPicture, TakePicture
from hub.rules.devices.health import DeviceFigure, DeviceFinding, FigureKind
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.devices import states
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from tests.support.browser_session import BrowserSession, forms_of
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
    assert "the hot folder cannot be read" in page
    assert "/srv/&lt;2&gt;" in page
    assert "check the server of the shared folder" in page
    assert "there was no check lately" in page
    assert page.count("quầy 2") == 3


def test_the_page_of_a_photocopier_has_its_counter_trays_and_supplies(store: Store) -> None:
    """As the last check read them, in words where it counts nothing."""
    figures = [
        DeviceFigure(FigureKind.PAGES, level=120_400),
        DeviceFigure(FigureKind.TRAY, "1.1", 350, 500),
        DeviceFigure(FigureKind.TRAY, "1.2", -3, 500),
    ]
    with store.write() as tx:
        states.keep(
            tx, "copier", kind="photocopier", place="sảnh", findings=(), figures=figures, now=now()
        )
    with looking(store) as visitor:
        assert 'href="/devices/copier"' in visitor.get("/devices").text
        page = visitor.get("/devices/copier").text
        assert visitor.get("/devices/none").status_code == 404
    assert "120400" in page
    assert "350 of 500" in page
    assert "not empty, not counted" in page


def camera_store(store: Store, folder: Path, picture: TakePicture) -> Snapshots:
    """Have a camera, up, and return what takes its pictures."""
    with store.write() as tx:
        states.keep(tx, "camera-1", kind="camera", place="sảnh", findings=(), now=now())
    return Snapshots(folder=folder, days=7, camera={"camera-1": picture}.get)


def audited(store: Store) -> list[tuple[str, str, bool]]:
    """Return what the audit has of cameras."""
    with store.read() as tx:
        rows = tx.execute(sa.select(audit.c.action, audit.c.reason, audit.c.allowed))
        return [(it.action, it.reason, it.allowed) for it in rows]


def test_a_person_takes_a_picture_with_a_reason_and_looks_at_it(
    store: Store, tmp_path: Path
) -> None:
    """Once however often it is clicked; each look is audited, too."""
    taken: list[int] = []

    def picture() -> bytes:
        taken.append(1)
        return b"\xff\xd8 a picture \xff\xd9"

    snapshots = camera_store(store, tmp_path / "snapshots", picture)
    with looking(store, snapshots=snapshots) as client:
        browser = BrowserSession(client)
        form = forms_of(browser.get("/devices/camera-1"))["snapshot"]
        assert browser.post(form.path, form.filled(reason="")).status_code == 422
        filled = form.filled(reason="a person fell")
        answers = [browser.post(form.path, filled) for _ in range(2)]
        assert [it.status_code for it in answers] == [303, 303]
        page = browser.get(answers[0].headers["location"])
        assert "A picture of camera-1 was taken" in page.text
        (place,) = re.findall(r'href="(/devices/camera-1/pictures/[^"]+)"', page.text)
        shown = browser.get(place)
        assert (shown.content[:2], shown.headers["content-type"]) == (b"\xff\xd8", "image/jpeg")
        assert browser.get("/devices/camera-1/pictures/hub.db").status_code == 404
        assert browser.get(place.replace("/camera-1/", "/copier/")).status_code == 404
    assert len(taken) == 1
    assert audited(store) == [
        ("camera.snapshot", "a person fell", True),
        ("camera.snapshot_kept", "a person fell", True),
        ("camera.look", "", True),
    ]


def test_a_picture_is_for_who_may_see_persons_and_of_the_state_that_was_seen(
    store: Store, tmp_path: Path
) -> None:
    """An operator sees no form and is denied by name; a camera that went meanwhile is told."""

    def none() -> bytes:
        raise NoPicture(DeviceFinding("camera_away", "http://192.0.2.1"))

    snapshots = camera_store(store, tmp_path / "snapshots", none)
    with looking(store, snapshots=snapshots) as client:
        browser = BrowserSession(client)
        form = forms_of(browser.get("/devices/camera-1"))["snapshot"]
        refused = browser.post(form.path, form.filled(reason="x", state="down"))
        assert (refused.status_code, "has changed" in refused.text) == (409, True)
        away = browser.post(form.path, form.filled(reason="x"))
        assert (away.status_code, "No picture was taken" in away.text) == (409, True)
    with looking(store, role=UserRole.OPERATOR, snapshots=snapshots) as client:
        operator = BrowserSession(client)
        assert "snapshot" not in forms_of(operator.get("/devices/camera-1"))
        assert operator.post(form.path, form.filled(reason="x")).status_code == 403
    assert audited(store) == [("camera.snapshot", "x", True), ("console.denied", "x", False)]
    assert not (tmp_path / "snapshots").exists()


def test_an_installation_without_a_check_says_so(store: Store) -> None:
    """An empty page would be read as all well."""
    with looking(store) as visitor:
        assert "No device was checked yet" in visitor.get("/devices").text


def test_devices_are_not_for_a_partner(store: Store) -> None:
    """They concern the installation as a whole."""
    with looking(store, scope=Scope(partners=frozenset({"town_center"}))) as town:
        assert town.get("/devices").status_code == 403
