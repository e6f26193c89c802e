"""Checks every device of this process again and again, and keeps how each is.

The log says once that a device's state changed. What one check raises, and that it hangs, is a
finding of that device and stops no other one. A device that no file names any more leaves the list
after a week.
"""

from collections.abc import Sequence
from datetime import timedelta

from hub.ports import Clock
from hub.ports.devices import CountingDevice, Device
from hub.rules.devices.health import DeviceFinding, DeviceState, state_of
from hub.runtime.device_checks import DeviceChecks
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log
from hub.store.devices import states
from hub.store.engine.store import Store

CHECK_EVERY = timedelta(seconds=30)
FORGOTTEN_AFTER = timedelta(days=7)


class DeviceWatching(Role):
    """Keeps the state of the devices that this process listens to or works with."""

    name = "devices.health"
    patience = 300.0

    def __init__(
        self,
        store: Store,
        devices: Sequence[Device],
        *,
        clock: Clock,
        every: timedelta = CHECK_EVERY,
        checks: DeviceChecks | None = None,
    ) -> None:
        super().__init__()
        self.store = store
        self.devices = devices
        self._checks = checks or DeviceChecks()
        self.clock = clock
        self.every = every

    def run(self) -> None:
        while not self.stopping.is_set():
            retry_while_unavailable(self, self.run_once)
            self.wakeup.wait(self.every.total_seconds())

    def run_once(self) -> None:
        """Check every device once."""
        self.beat()
        for device in self.devices:
            self._keep(device, self._checks.check(device))
            self.beat()
        with self.store.write() as tx:
            states.forget_old(tx, self.clock() - FORGOTTEN_AFTER)

    def _keep(self, device: Device, findings: Sequence[DeviceFinding]) -> None:
        with self.store.write() as tx:
            before = states.keep(
                tx,
                device.name,
                kind=device.kind,
                place=device.place,
                findings=findings,
                figures=device.figures() if isinstance(device, CountingDevice) else (),
                now=self.clock(),
            )
        now = state_of(findings)
        if now == (before or DeviceState.UP):
            return
        codes = ",".join(it.code for it in findings)
        write = log.info if now is DeviceState.UP else log.warning
        write(Event.DEVICE_STATE, device=device.name, state=now.value, codes=codes)
