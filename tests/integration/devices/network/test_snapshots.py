"""One picture of a camera: who and why are audited, only the hub reads it, and it ends."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from adapters.devices.camera import simulator
from adapters.devices.camera.health import Camera
from adapters.devices.camera.http_login import authorization
from adapters.devices.camera.simulator import PICTURE, CameraFaults, SimulatedCamera
from hub.bootstrap.installation import open_store
from hub.cli import app
from hub.environment import load
from hub.operations.devices import snapshots
from hub.operations.devices.snapshots import ExpiredSnapshots
from hub.operations.signed_by import SignedBy
from hub.ports.devices import NoPicture
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit

NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
BY: SignedBy = {"actor": "user:lan", "reason": "một người ngã ở quầy", "now": NOW}


@pytest.fixture
def device() -> Iterator[SimulatedCamera]:
    """A camera that wants a login for its picture."""
    with SimulatedCamera() as running:
        yield running


@pytest.fixture
def camera(device: SimulatedCamera, tmp_path: Path) -> Camera:
    """The device by which the hub asks it."""
    file = tmp_path / "password"
    file.write_text(simulator.PASSWORD, encoding="utf-8")
    return Camera(name="camera-1", address=device.url, user=simulator.USER, password_file=str(file))


def audited(store: Store) -> list[tuple[str, ...]]:
    """Return who did what to what, and why."""
    columns = (audit.c.actor, audit.c.action, audit.c.object, audit.c.reason)
    with store.read() as tx:
        return [tuple(row) for row in tx.execute(sa.select(*columns).order_by(audit.c.seq))]


def test_a_picture_is_kept_for_the_hub_alone_and_audited(
    store: Store, camera: Camera, tmp_path: Path
) -> None:
    """First who wants it and why, then which file it became."""
    file = snapshots.keep_picture(store, tmp_path / "snapshots", "camera-1", camera.picture, BY)
    assert file.read_bytes() == PICTURE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert audited(store) == [
        (BY["actor"], "camera.snapshot", "camera-1", BY["reason"]),
        (BY["actor"], "camera.snapshot_kept", file.name, BY["reason"]),
    ]


def test_the_command_takes_a_picture_and_says_where_it_is(
    device: SimulatedCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over HTTP from a camera that wants a login; without a picture it says why, with code 1."""
    (tmp_path / "password").write_text(simulator.PASSWORD, encoding="utf-8")
    file = tmp_path / "devices.toml"
    file.write_text(
        f'[camera-1]\nkind = "camera"\naddress = "{device.url}"\nstream = "{device.stream}"\n'
        f'user = "{simulator.USER}"\npassword_file = "{tmp_path / "password"}"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "hub"))
    monkeypatch.setenv("HUB_DEVICES_FILE", str(file))
    hub = partial(CliRunner().invoke, app)
    assert hub(["migrate"]).exit_code == 0
    order = ["devices", "snapshot", "camera-1", "--reason", "a fall", "--actor", "Lê Thị Lan"]
    done = hub([*order, "--json"])
    assert done.exit_code == 0, done.output
    picture = Path(json.loads(done.stdout)["picture"])
    assert picture.parent == tmp_path / "hub" / "snapshots"
    assert picture.read_bytes() == PICTURE
    device.faults = CameraFaults(no_snapshot=True)
    refused = hub(order)
    assert (refused.exit_code, "camera" in refused.output) == (1, True)
    assert hub([*order[:2], "other", *order[3:]]).exit_code == 1
    with closing(open_store(load(os.environ))) as kept:
        assert [action for _, action, _, _ in audited(kept)].count("camera.snapshot") == 2


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (CameraFaults(no_snapshot=True), "camera_refuses"),
        (CameraFaults(picture=b"\xff\xd8 half of one"), "camera_no_onvif"),
        (CameraFaults(picture=b"<html/>"), "camera_no_onvif"),
        (CameraFaults(picture=b"\xff\xd8" + b" " * 17_000_000), "camera_away"),
    ],
)
def test_no_picture_is_a_finding_and_still_audited(
    store: Store,
    device: SimulatedCamera,
    camera: Camera,
    tmp_path: Path,
    faults: CameraFaults,
    code: str,
) -> None:
    """That somebody wanted one is known; nothing is stored half."""
    device.faults = faults
    with pytest.raises(NoPicture) as refused:
        snapshots.keep_picture(store, tmp_path / "snapshots", "camera-1", camera.picture, BY)
    assert refused.value.finding.code == code
    assert [action for _, action, _, _ in audited(store)] == ["camera.snapshot"]
    assert not (tmp_path / "snapshots").exists()


def test_a_picture_is_erased_after_its_days(tmp_path: Path) -> None:
    """Also half of one; other files are not the hub's to erase."""
    for name in ("old.jpg", "new.jpg", "old.part", "old.txt"):
        (tmp_path / name).write_bytes(b"x")
        if name.startswith("old"):
            aged = (NOW - timedelta(days=8)).timestamp()
            os.utime(tmp_path / name, (aged, aged))
        else:
            os.utime(tmp_path / name, (NOW.timestamp(), NOW.timestamp()))
    assert ExpiredSnapshots(folder=tmp_path, days=7).erase(NOW) == 2
    assert sorted(it.name for it in tmp_path.iterdir()) == ["new.jpg", "old.txt"]
    assert ExpiredSnapshots(folder=tmp_path / "none", days=7).erase(NOW) == 0


def test_the_example_of_the_standard_gives_its_response() -> None:
    """RFC 7616, section 3.9.1, both hashes."""
    parts = {
        "MD5": "8ca523f5e9506fed4657c9700eebdbec",
        "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    }
    for algorithm, response in parts.items():
        challenge = (
            'Digest realm="http-auth@example.org", qop="auth, auth-int", '
            f'algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
            'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
        )
        header = authorization(
            challenge,
            target="/dir/index.html",
            user="Mufasa",
            password="Circle of Life",
            over_tls=False,
            nonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        )
        assert f'response="{response}"' in header


@pytest.mark.parametrize(
    "challenge", ["", "Basic realm=x", "Digest realm=x", "Digest nonce=a, algorithm=X"]
)
def test_a_login_that_would_show_the_password_is_not_made(challenge: str) -> None:
    """Nor one by a hash that the hub does not know."""
    asked = {"target": "/", "user": "a", "password": "b"}
    assert authorization(challenge, **asked, over_tls=False) == ""
