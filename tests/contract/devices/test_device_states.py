"""How devices are is kept on either database, and the log says once that a state changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from hub.operations.devices.listing import OVERDUE, shown_devices
from hub.operations.devices.watching import FORGOTTEN_AFTER, DeviceWatching
from hub.rules.devices.health import DeviceFinding, DeviceState
from hub.store.devices.states import KeptState
from hub.store.engine.store import Store
from hub.store.monitoring import heartbeats

NOW = datetime(2018, 8, 6, 1, 30, tzinfo=UTC)
AWAY = DeviceFinding("reader_away", "/dev/serial/by-id/máy")
STAYS = DeviceFinding("files_stay", "/scans: 2 .pdf")


@dataclass
class SwitchedDevice:
    """A device whose state the test switches."""

    name: str = "reader-2"
    kind: str = "barcode_reader"
    place: str = "quầy 2"
    findings: list[DeviceFinding] = field(default_factory=list)
    broken: bool = False

    def check(self) -> Sequence[DeviceFinding]:
        if self.broken:
            raise ValueError("no such reply")
        return self.findings


class Ward:
    """A hub that checks some devices, under a clock of its own."""

    def __init__(self, store: Store) -> None:
        self.store, self.now = store, NOW
        self.device, self.other = SwitchedDevice(), SwitchedDevice(name="scanner-1")
        self.watching = DeviceWatching(store, [self.device, self.other], clock=lambda: self.now)

    def check(self, *, after: timedelta = timedelta(0)) -> list[KeptState]:
        self.now += after
        self.watching.run_once()
        return self.shown()

    def shown(self) -> list[KeptState]:
        with self.store.read() as tx:
            return list(shown_devices(tx, now=self.now))


@pytest.fixture
def ward(store: Store) -> Ward:
    """A hub with two devices."""
    return Ward(store)


def test_evidence_that_is_no_text_is_kept_and_stops_no_other_device(ward: Ward) -> None:
    """A path may be bytes that are no UTF-8."""
    ward.device.findings = [DeviceFinding("folder_away", "/scans/c\udce1o")]
    kept = {it.device: it.findings for it in ward.check()}
    assert kept["scanner-1"] == ()
    (finding,) = kept["reader-2"]
    assert finding.evidence.startswith("/scans/c")
    assert finding.evidence.isprintable()


def test_a_device_is_kept_with_its_findings_and_since_when(ward: Ward) -> None:
    """The time of the state stays while the findings change, and is new with the next state."""
    first = ward.check()[0]
    assert (first.device, first.kind, first.place) == ("reader-2", "barcode_reader", "quầy 2")
    assert (first.state, first.findings, first.since) == (DeviceState.UP, (), NOW)
    ward.device.findings = [STAYS, AWAY]
    minute = timedelta(minutes=1)
    down = ward.check(after=minute)[0]
    assert (down.state, down.findings) == (DeviceState.DOWN, (AWAY, STAYS))
    ward.device.findings = [AWAY]
    later = ward.check(after=minute)[0]
    assert (later.findings, later.since, later.checked_at) == (
        (AWAY,),
        NOW + minute,
        NOW + 2 * minute,
    )
    ward.device.findings = []
    assert ward.check(after=minute)[0].since == NOW + 3 * minute


def test_the_log_says_once_that_a_device_went_and_once_that_it_is_back(
    ward: Ward, capfd: pytest.CaptureFixture[str]
) -> None:
    """A device that is away for a weekend fills no log."""
    ward.check()
    assert "device_state" not in capfd.readouterr().out
    ward.device.findings = [AWAY]
    for _ in range(3):
        ward.check()
    ward.device.findings = []
    for _ in range(3):
        ward.check()
    told = capfd.readouterr()
    lines = [it for it in (told.out + told.err).splitlines() if "device_state" in it]
    assert len(lines) == 2
    assert "down" in lines[0]
    assert "reader_away" in lines[0]
    assert "up" in lines[1]


def test_a_check_that_fails_is_a_finding_and_stops_no_other(ward: Ward) -> None:
    """Whatever an adapter's library raises; its words may hold personal data and are left out."""
    ward.device.broken = True
    broken, other = ward.check()
    assert [it.code for it in broken.findings] == ["check_failed"]
    assert broken.findings[0].evidence.startswith("ValueError at ")
    assert other.state is DeviceState.UP


def test_a_device_that_is_not_checked_any_more_is_not_called_well(ward: Ward) -> None:
    """The process that checks may be away, or its check hangs at a dead share."""
    ward.check()
    ward.now += OVERDUE + timedelta(minutes=1)
    shown = ward.shown()[0]
    assert [it.code for it in shown.findings] == ["not_checked"]
    assert (shown.state, shown.since) == (DeviceState.DOWN, NOW)


def report(ward: Ward, troubles: str, *, process: str = "ward/1") -> None:
    """Have a process report what does not work."""
    with ward.store.write() as tx:
        heartbeats.beat(
            tx,
            process,
            host="ward",
            roles="sources",
            started_at=NOW,
            now=ward.now,
            troubles=troubles,
        )


def test_a_device_whose_source_does_not_work_is_down_while_its_check_finds_nothing(
    ward: Ward,
) -> None:
    """The settings' scanner under its device's name; other roles are no devices."""
    report(ward, "source.scanner: no progress for 90 s; relay: it crashed")
    ward.device.findings = [STAYS]
    report(ward, "source.reader-2: it crashed", process="ward/2")
    reader, scanner = ward.check()
    assert (scanner.device, scanner.state) == ("scanner-1", DeviceState.DOWN)
    assert scanner.findings == (DeviceFinding("source_troubled", "no progress for 90 s"),)
    assert [it.code for it in reader.findings] == ["source_troubled", "files_stay"]


def test_a_source_says_nothing_more_where_the_check_has_named_the_cause(ward: Ward) -> None:
    """Nor does a heartbeat of long ago."""
    ward.device.findings = [AWAY]
    report(ward, "source.reader-2: its line is away; source.scanner: its folder is away")
    down, _ = ward.check()
    assert down.findings == (AWAY,)
    _, scanner = ward.check(after=OVERDUE + timedelta(seconds=1))
    assert scanner.state is DeviceState.UP


def test_a_source_of_a_device_that_was_never_checked_is_listed(ward: Ward) -> None:
    """No check has named its kind or place yet."""
    report(ward, "source.reader-9: it crashed")
    (only,) = ward.shown()
    assert (only.device, only.state, only.since) == ("reader-9", DeviceState.DOWN, NOW)


def test_a_device_that_no_file_names_any_more_leaves_the_list_after_a_week(ward: Ward) -> None:
    """Another process may check it, so it is not removed at once."""
    ward.check()
    ward.watching.devices = [ward.other]
    assert len(ward.check(after=FORGOTTEN_AFTER)) == 2
    assert [it.device for it in ward.check(after=timedelta(seconds=1))] == ["scanner-1"]
