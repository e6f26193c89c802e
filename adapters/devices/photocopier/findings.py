"""What is wrong with a photocopier, by what it says of itself. Pure.

A photocopier that says that it runs still copies from another tray or toner: what is empty there
makes it degraded, not down. One that says that it is down is never better than that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from adapters.devices.photocopier.printer_mib import CopierReading
from hub.rules.devices.health import DeviceFinding, DeviceState

LOW_PERCENT: Final = 10
COUNTED_FOR: Final = timedelta(days=1)
"""How long a counter that went back is a finding: a new board counts from the beginning."""
_CRITICAL, _WARNING = 3, 4
_OF_ERRORS: Final[Mapping[str, str]] = {
    "lowPaper": "copier_paper_low",
    "noPaper": "copier_paper_out",
    "lowToner": "copier_toner_low",
    "noToner": "copier_toner_out",
    "doorOpen": "copier_open",
    "jammed": "copier_jammed",
    "offline": "copier_stopped",
    "serviceRequested": "copier_service",
    "inputTrayMissing": "copier_paper_out",
    "outputTrayMissing": "copier_warns",
    "markerSupplyMissing": "copier_toner_out",
    "outputNearFull": "copier_warns",
    "outputFull": "copier_output_full",
    "inputTrayEmpty": "copier_paper_out",
    "overduePreventMaint": "copier_service",
}
_OF_ALERTS: Final[Mapping[int, str]] = {
    3: "copier_open",
    5: "copier_open",
    8: "copier_jammed",
    801: "copier_paper_out",
    807: "copier_paper_low",
    808: "copier_paper_out",
    1101: "copier_toner_out",
    1104: "copier_toner_low",
}
_WHILE_IT_WORKS: Final[Mapping[str, str]] = {
    "copier_paper_out": "copier_tray_empty",
    "copier_toner_out": "copier_supply_empty",
}


class _Found:
    """Findings under way: each code once, with everything that speaks for it."""

    def __init__(self, *, works: bool) -> None:
        self._works = works
        self.evidence: dict[str, list[str]] = {}

    def add(self, code: str, evidence: str) -> None:
        shown = _WHILE_IT_WORKS.get(code, code) if self._works else code
        self.evidence.setdefault(shown, []).append(evidence)


def findings_of(reading: CopierReading) -> list[DeviceFinding]:
    """Return what is wrong, each code once."""
    found = _Found(works=reading.works)
    for error in reading.errors:
        found.add(_OF_ERRORS[error], error)
    if reading.open_covers:
        found.add("copier_open", f"{reading.open_covers} covers")
    _add_levels(reading, found)
    _add_alerts(reading, found)
    for broken in reading.broken_trays:
        found.add("copier_warns", broken)
    if reading.impossible:
        found.evidence["copier_reply_impossible"] = reading.impossible
    down = reading.status == 5
    if down and all(DeviceFinding(it).state is DeviceState.DEGRADED for it in found.evidence):
        found.add("copier_stopped", "hrDeviceStatus down")
    return [DeviceFinding(it, ", ".join(shown)[:500]) for it, shown in found.evidence.items()]


def _add_levels(reading: CopierReading, found: _Found) -> None:
    empty = [it.name for it in reading.trays if it.level == 0]
    if empty:
        every = len(empty) == len(reading.trays)
        # Every tray is empty: whatever it says of itself, nothing can be copied.
        code = "copier_paper_out" if every else "copier_tray_empty"
        found.evidence.setdefault(code, []).extend(empty)
    for it in reading.supplies:
        if it.level == 0:
            found.add("copier_toner_out", it.name)
        elif it.percent is not None and it.percent <= LOW_PERCENT:
            found.add("copier_toner_low", f"{it.name}: {it.percent} %")


def _add_alerts(reading: CopierReading, found: _Found) -> None:
    for alert in reading.alerts:
        if alert.severity not in (_CRITICAL, _WARNING):
            continue
        code = _OF_ALERTS.get(alert.code, "copier_warns")
        found.add(code, f"prtAlertCode {alert.code}")


@dataclass(slots=True)
class PageCount:
    """The highest count of pages that was seen, for as long as the process runs."""

    highest: int = 0
    seen_at: float = 0.0

    def findings(self, pages: int | None, *, now: float) -> list[DeviceFinding]:
        """Return what a count tells, at a time in seconds; a count that went back is a finding.

        After `COUNTED_FOR` the lower count is where counting begins anew.
        """
        if pages is None:
            return []
        forgotten = now - self.seen_at > COUNTED_FOR.total_seconds()
        if pages >= self.highest or forgotten:
            self.highest, self.seen_at = pages, now
            return []
        return [DeviceFinding("copier_counter_back", f"{self.highest} -> {pages}")]
