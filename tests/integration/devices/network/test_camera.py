"""Our double of an ONVIF camera with its faults, and Debian's rtsp-server-perl for the stream."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.devices.camera import rtsp, simulator
from adapters.devices.camera.health import Camera
from adapters.devices.camera.simulator import CameraFaults, SimulatedCamera
from hub.drill.sandbox import loopback
from hub.drill.sandbox.programs import MissingProgram
from tests.support.services import missing

_ENTITIES = b'<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>'


@pytest.fixture
def device() -> Iterator[SimulatedCamera]:
    """A camera that works."""
    with SimulatedCamera() as running:
        yield running


def camera(device: SimulatedCamera, tmp_path: Path, password: str = simulator.PASSWORD) -> Camera:
    """Return the device to check."""
    file = tmp_path / "password"
    file.write_text(f"{password}\n", encoding="utf-8")
    return Camera(
        name="camera-1",
        address=device.url,
        user=simulator.USER,
        password_file=str(file),
        stream=device.stream,
    )


def test_a_camera_that_works_has_no_findings(device: SimulatedCamera, tmp_path: Path) -> None:
    """Five calls, of which only the first has no login."""
    assert camera(device, tmp_path).check() == []
    assert device.calls == [
        "GetSystemDateAndTime",
        "GetDeviceInformation",
        "GetCapabilities",
        "GetProfiles",
        "GetSnapshotUri",
    ]


def test_a_camera_at_the_end_of_all_years_is_a_finding(tmp_path: Path) -> None:
    """A login by its clock would end after the last day that there is."""
    left = datetime.max.replace(tzinfo=UTC) - datetime.now(UTC) - timedelta(minutes=2)
    with SimulatedCamera(CameraFaults(ahead=left)) as device:
        found = camera(device, tmp_path).check()
    assert [it.code for it in found] == ["camera_clock_wrong", "camera_login_refused"]


@pytest.mark.parametrize(
    ("faults", "code", "evidence"),
    [
        (CameraFaults(ahead=timedelta(days=-3)), "camera_clock_wrong", " s behind"),
        (CameraFaults(ahead=timedelta(hours=7)), "camera_clock_wrong", " s ahead"),
        (CameraFaults(no_snapshot=True), "camera_without_snapshot", "ActionNotSupported"),
        (CameraFaults(no_profile=True), "camera_without_profile", "Hub camera"),
        (CameraFaults(body=b"<html/>"), "camera_no_onvif", "no SOAP 1.2"),
        (CameraFaults(body=_ENTITIES), "camera_no_onvif", "a DTD is not allowed"),
        (CameraFaults(body=b"<a>" * 9_000), "camera_no_onvif", "no XML"),
        (CameraFaults(body=b" " * 400_000), "camera_away", ""),
        (CameraFaults(status=404), "camera_no_onvif", "HTTP 404"),
        (CameraFaults(status=500), "camera_troubled", "HTTP 500"),
        (CameraFaults(status=401), "camera_login_refused", "NotAuthorized"),
        (CameraFaults(rtsp=b""), "camera_stream_away", "does not speak RTSP"),
        (CameraFaults(rtsp=b"HTTP/1.1 200 OK\r\n"), "camera_stream_away", "not speak RTSP"),
        (CameraFaults(rtsp=b"R" * 9_000), "camera_stream_away", "not speak RTSP"),
        (CameraFaults(rtsp=b"RTSP/1.0 404 No\r\n"), "camera_stream_refused", "RTSP 404"),
    ],
)
def test_a_fault_is_one_finding(
    device: SimulatedCamera, tmp_path: Path, faults: CameraFaults, code: str, evidence: str
) -> None:
    """With a wrong clock all else goes on: the login is made by the camera's own clock."""
    device.faults = faults
    (finding,) = camera(device, tmp_path).check()
    assert finding.code == code
    assert evidence in finding.evidence
    assert len(finding.evidence) < 500


def test_a_wrong_password_is_named_and_never_shown(device: SimulatedCamera, tmp_path: Path) -> None:
    """Neither the wrong one nor the right one."""
    (finding,) = camera(device, tmp_path, "sai-mat-khau").check()
    assert finding.code == "camera_login_refused"
    assert "sai-mat-khau" not in finding.evidence


def test_a_stream_that_wants_a_login_first_is_there(
    device: SimulatedCamera, tmp_path: Path
) -> None:
    """The hub does not play it, so it needs none."""
    device.faults = CameraFaults(rtsp=b"RTSP/1.0 401 Unauthorized\r\n\r\n")
    assert camera(device, tmp_path).check() == []


def test_what_it_names_as_another_host_is_asked_at_its_own(
    device: SimulatedCamera, tmp_path: Path
) -> None:
    """A camera behind a router names an address that nobody reaches, and a bad one any other."""
    device.faults = CameraFaults(elsewhere=True)
    assert camera(device, tmp_path).check() == []
    assert device.calls[-1] == "GetSnapshotUri"


def test_a_camera_that_is_away_and_a_secret_that_is_missing(tmp_path: Path) -> None:
    """Nothing listens; no file."""
    with SimulatedCamera() as device:
        gone = camera(device, tmp_path)
    assert [it.code for it in gone.check()] == ["camera_away", "camera_stream_away"]
    (tmp_path / "password").unlink()
    assert [it.code for it in gone.check()] == ["camera_secret_unusable"]


def _await_listener(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        time.sleep(0.05)  # it gives no other sign that it listens
    raise AssertionError("the server of streams does not listen")


@pytest.fixture
def foreign_server() -> Iterator[int]:
    """Debian's server of streams, which listens on loopback; yields its port."""
    program = shutil.which("rtsp-server-perl")
    if program is None:
        missing(MissingProgram("rtsp-server-perl", "rtsp-server-perl"))
    port = loopback.first_of_free_ports(2)
    own = "127.0.0.1"
    places = ("-c", str(port), "-s", str(port + 1), "--client_listen_address", own)
    with subprocess.Popen(
        [program, *places, "--source_listen_address", own],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _await_listener(port)
            yield port
        finally:
            server.terminate()


def test_a_foreign_server_of_streams_is_reached(foreign_server: int) -> None:
    """The server is there, and a stream that nobody sends to it is not."""
    url = f"rtsp://127.0.0.1:{foreign_server}"
    assert rtsp.query(url).is_there
    assert not rtsp.query(f"{url}/none").is_there
