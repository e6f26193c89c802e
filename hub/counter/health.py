"""The health of kiosks and displays: whether their pages are there, and on the right screen.

Every registered device is known, also one that never came. Its line is open while its page is: a
dead browser, a switched-off screen and a cut cable are the same finding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.counter.live_lines import LiveLines
from hub.counter.screens import kind_of
from hub.operations.devices.watching import CHECK_EVERY, DeviceWatching
from hub.ports import Clock
from hub.rules.devices.health import DeviceFinding, DeviceState
from hub.rules.devices.reading import DISPLAY, KIOSK
from hub.store.clients import registry, secrets
from hub.store.devices import states
from hub.store.engine.store import Store

AWAY_AFTER = timedelta(minutes=1)
SIZES = {KIOSK: (1080, 1920), DISPLAY: (1920, 1080)}
"""Width and height that the pages are made for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenDevice:
    """One kiosk or display at one moment."""

    name: str
    kind: str
    findings: Sequence[DeviceFinding]
    place: str = ""

    def check(self) -> Sequence[DeviceFinding]:
        """Return what is wrong with it."""
        return self.findings


class ScreenWatching(DeviceWatching):
    """Keeps the states of the devices that are registered now."""

    name = "counter.health"

    def __init__(
        self, store: Store, lines: LiveLines, *, clock: Clock, every: timedelta = CHECK_EVERY
    ) -> None:
        super().__init__(store, (), clock=clock, every=every)
        self._lines = lines
        self._since = clock()

    def run_once(self) -> None:
        """Check every registered device once; one that was retired leaves the list."""
        self.devices = self._registered()
        super().run_once()
        with self.store.write() as tx:
            names = [it.name for it in self.devices]
            states.forget_others(tx, kinds=SIZES, devices=names)

    def _registered(self) -> list[ScreenDevice]:
        now, found = self.clock(), []
        with self.store.read() as tx:
            up = {it.device for it in states.listing(tx) if it.state is DeviceState.UP}
            for one in registry.all_of(tx):
                kind = kind_of(one.client)
                if one.retired or not kind:
                    continue
                kept = secrets.of_client(tx, one.client.id)
                has_key = any(it.is_live(now) for it in kept)
                findings = self._findings(
                    one.client.id, kind, now, has_key=has_key, was_up=one.client.id in up
                )
                found.append(ScreenDevice(name=one.client.id, kind=kind, findings=findings))
        return found

    def _findings(
        self, name: str, kind: str, now: datetime, *, has_key: bool, was_up: bool
    ) -> list[DeviceFinding]:
        if not has_key:
            return [DeviceFinding("screen_without_key")]
        heard = self._lines.last(name)
        if heard is None and not was_up:
            return [DeviceFinding("screen_away")]
        # One that was up before this process began gets time to come back.
        if now - (heard.at if heard else self._since) > AWAY_AFTER:
            return [DeviceFinding("screen_away")]
        if heard is None or not heard.width or (heard.width, heard.height) == SIZES[kind]:
            return []
        return [DeviceFinding("screen_size", f"{heard.width} x {heard.height}")]
