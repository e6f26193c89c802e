"""Looks again every hour while the hub runs, says what is new, and keeps what it found.

It stops nothing: what is wrong now has been let in, and a hub that ends accepts nothing. The one
thing that takes long, how long the broker lets a message go unacknowledged, is measured here only.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from hub.bootstrap.partners.destinations import traits_of
from hub.broker.admin import consumer_timeout, probe
from hub.exchange.delivery.deliver import longest_hold
from hub.ports import BrokerUnavailable
from hub.preflight.check import Check, to_text
from hub.preflight.examine import examine
from hub.runtime.role import Role
from hub.runtime.telemetry import Event, log
from hub.settings import Settings
from hub.texts import text

CONSUMERS = frozenset({"receive", "deliver"})
"""Roles that keep messages for a while before they acknowledge them."""


class Watch(Role):
    """Looks again every `pause` and hands what it found to `keep`."""

    name = "preflight"

    def __init__(
        self,
        settings: Settings,
        found: Iterable[Check] = (),
        *,
        keep: Callable[[str], None] | None = None,
        pause: timedelta = timedelta(hours=1),
    ) -> None:
        super().__init__()
        self.settings = settings
        self.keep = keep
        self.pause = pause
        self._found = list(found)
        """What the last look found; at first what the start found, which has been told."""
        self._reported = _alarms(self._found)
        self._measured: list[Check] = []

    def run(self) -> None:
        self._share()
        while not self.stopping.is_set():
            due = time.monotonic() + self.pause.total_seconds()
            if self.measure():
                self._share()
            # Measuring takes minutes: the next look must not be later for it.
            self.wakeup.wait(max(0.0, due - time.monotonic()))
            if not self.stopping.is_set():
                self.check_now()

    def check_now(self) -> list[Check]:
        """Examine, tell and keep; return what is not good."""
        self._found = examine(self.settings)
        return self._share()

    def _share(self) -> list[Check]:
        """Keep what was found and log what is not good, once until it changes."""
        found = [*self._found, *self._measured]
        if self.keep is not None:
            self.keep(to_text(found))
        wrong = [check for check in found if not check.ok]
        report(check for check in wrong if not _alarms([check]) <= self._reported)
        self._reported = _alarms(wrong)
        log.info(Event.PREFLIGHT_DONE, count=len(wrong), detail=f"{len(found)} things looked at")
        return wrong

    def measure(self) -> bool:
        """Measure what the broker tells nobody; tell whether it was done. Takes minutes."""
        if not self.settings.broker_url or CONSUMERS.isdisjoint(self.settings.role_names):
            return False
        longest = longest_hold_of(self.settings)
        try:
            found = probe.acknowledgement_timeout(
                self.settings.broker_url,
                # The broker looks once a minute only.
                up_to=longest + timedelta(minutes=2),
                stopping=self.stopping.is_set,
            )
        except BrokerUnavailable:
            return False
        if self.stopping.is_set():
            return False
        self._measured = list(_patience(found, longest))
        return True


def _alarms(found: Iterable[Check]) -> set[tuple[str, bool]]:
    """Return what is worth a line in the log once; its figures may change from hour to hour."""
    return {(check.subject, check.fatal) for check in found if not check.ok}


def report(wrong: Iterable[Check]) -> None:
    """Log findings that are not good."""
    for check in wrong:
        level = log.error if check.fatal else log.warning
        level(Event.PREFLIGHT_FOUND, where=check.subject, detail=check.detail, action=check.fix)


def longest_hold_of(settings: Settings) -> timedelta:
    """Return how long an ask of any partner may stay unacknowledged."""
    return max(map(longest_hold, traits_of(settings).values()), default=consumer_timeout.LEAST)


def _patience(found: timedelta | None, longest: timedelta) -> Iterator[Check]:
    if found is None:
        wait = consumer_timeout.words(longest)
        detail = text("broker_checks.timeout_measured", wait=wait)
        yield Check("consumer timeout, measured", True, detail)
        return
    yield Check(
        "consumer timeout, measured",
        False,
        text(
            "broker_checks.timeout",
            given=consumer_timeout.words(found),
            needed=consumer_timeout.words(longest),
        ),
        text("broker_checks.timeout_measured_fix"),
    )
