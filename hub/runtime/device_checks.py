"""Checks a device in a thread of its own: one that hangs holds up no other, and is a finding.

A folder on a network share whose server is away may hold a check for hours, and nothing in Python
ends such a thread. So it is left, and the device is not checked again until it has come back.
"""

import threading
from collections.abc import Sequence
from datetime import timedelta

from hub.ports.devices import Device
from hub.rules.devices.health import DeviceFinding
from hub.rules.failures.error_summary import describe_error

WITHIN = timedelta(seconds=30)
"""Longer than any call of a check that has an end by itself."""


class DeviceChecks:
    """Checks devices one after the other, for one thread."""

    def __init__(self, *, within: timedelta = WITHIN) -> None:
        self._within = within.total_seconds()
        self._running: dict[str, _Check] = {}

    def check(self, device: Device) -> Sequence[DeviceFinding]:
        """Return what a device's check says; one that fails or hangs is a finding, too."""
        left = self._running.get(device.name)
        running = left or _Check(device)
        if not running.ended.wait(0 if left else self._within):
            self._running[device.name] = running
            return [DeviceFinding("check_hangs", f"no result within {self._within:.0f} s")]
        self._running.pop(device.name, None)
        # The result of a check that hung is of another time.
        return self.check(device) if left else running.findings


class _Check:
    """One check under way."""

    def __init__(self, device: Device) -> None:
        self.findings: Sequence[DeviceFinding] = ()
        self.ended = threading.Event()
        self._device = device
        name = f"check {device.name}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        try:
            self.findings = self._device.check()
        except Exception as error:  # an adapter's, of whatever library
            self.findings = [DeviceFinding("check_failed", describe_error(error))]
        finally:
            self.ended.set()
