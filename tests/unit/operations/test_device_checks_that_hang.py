"""A check that hangs, as on a network folder whose server is away, holds up no other device."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from hub.rules.devices.health import DeviceFinding
from hub.runtime.device_checks import DeviceChecks


@dataclass
class HangingDevice:
    """A device whose check ends when the test lets it."""

    name: str = "scanner-2"
    kind: str = "scanner"
    place: str = ""
    may_end: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    checks: int = 0

    def check(self) -> Sequence[DeviceFinding]:
        self.checks += 1
        self.begun.release()
        assert self.may_end.wait(30)
        return [DeviceFinding("files_stay", str(self.checks))]


def test_a_check_that_hangs_is_a_finding_and_is_not_begun_twice() -> None:
    """It is asked for again and again, one thread hangs; when it ends, the device is checked anew:
    what the old check saw is of another time."""
    checks, device = DeviceChecks(within=timedelta(milliseconds=20)), HangingDevice()
    for _ in range(3):
        assert [it.code for it in checks.check(device)] == ["check_hangs"]
    assert device.begun.acquire(timeout=30)
    assert device.checks == 1
    device.may_end.set()
    findings: list[DeviceFinding] = []
    while not findings or findings[0].code == "check_hangs":
        findings = list(checks.check(device))
    assert [it.code for it in findings] == ["files_stay"]
    assert findings[0].evidence != "1"
