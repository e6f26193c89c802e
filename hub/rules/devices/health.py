"""How a device is: findings with their evidence, and the state that follows from them. Pure.

A finding is a code; its sentence, and what to do, are texts (`hub/texts/device_findings.toml`). Its
evidence is what was seen, in the words of the system or the device, without personal data.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.rules.owners import CLERK, WARD_IT
from hub.texts import Text, both


class DeviceState(StrEnum):
    """The states of a device, from good to bad."""

    UP = "up"
    DEGRADED = "degraded"
    """It works, and a person has something to do about it."""
    DOWN = "down"
    """It gives nothing now; it comes back by itself when its cause is gone."""
    MISCONFIGURED = "misconfigured"
    """It cannot work until a person changes a setting, of the hub or of the device."""

    @property
    def works(self) -> bool:
        """Whether the device gives or takes what it should."""
        return self in (DeviceState.UP, DeviceState.DEGRADED)


_ORDER: Final = tuple(DeviceState)
_TABLE: Final = {
    "check_failed": (DeviceState.DOWN, WARD_IT),
    "folder_away": (DeviceState.DOWN, WARD_IT),
    "folder_not_writable": (DeviceState.MISCONFIGURED, WARD_IT),
    "files_stay": (DeviceState.DEGRADED, CLERK),
    "scanner_clock_wrong": (DeviceState.DEGRADED, WARD_IT),
    "reader_away": (DeviceState.DOWN, CLERK),
    "reader_named_otherwise": (DeviceState.MISCONFIGURED, WARD_IT),
    "line_is_no_device": (DeviceState.MISCONFIGURED, WARD_IT),
    "line_forbidden": (DeviceState.MISCONFIGURED, WARD_IT),
    "printer_address_wrong": (DeviceState.MISCONFIGURED, WARD_IT),
    "printer_away": (DeviceState.DOWN, CLERK),
    "printer_busy": (DeviceState.DOWN, CLERK),
    "printer_refuses": (DeviceState.MISCONFIGURED, WARD_IT),
    "printer_no_ipp": (DeviceState.MISCONFIGURED, WARD_IT),
    "printer_paper_out": (DeviceState.DOWN, CLERK),
    "printer_tray_empty": (DeviceState.DEGRADED, CLERK),
    "printer_paper_low": (DeviceState.DEGRADED, CLERK),
    "printer_jammed": (DeviceState.DOWN, CLERK),
    "printer_toner_out": (DeviceState.DOWN, CLERK),
    "printer_supply_empty": (DeviceState.DEGRADED, CLERK),
    "printer_toner_low": (DeviceState.DEGRADED, CLERK),
    "printer_open": (DeviceState.DOWN, CLERK),
    "printer_tray_full": (DeviceState.DOWN, CLERK),
    "printer_output_full": (DeviceState.DEGRADED, CLERK),
    "printer_paused": (DeviceState.DOWN, CLERK),
    "printer_stopped": (DeviceState.DOWN, CLERK),
    "printer_warns": (DeviceState.DEGRADED, CLERK),
    "printer_takes_no_jobs": (DeviceState.MISCONFIGURED, WARD_IT),
    "printer_reads_no_pdf": (DeviceState.MISCONFIGURED, WARD_IT),
    "printer_without_a4": (DeviceState.DEGRADED, CLERK),
    "printer_agent_gone": (DeviceState.MISCONFIGURED, WARD_IT),
    "printer_agent_silent": (DeviceState.DOWN, CLERK),
    "printer_not_hosted": (DeviceState.MISCONFIGURED, WARD_IT),
    "screen_away": (DeviceState.DOWN, CLERK),
    "screen_size": (DeviceState.DEGRADED, WARD_IT),
    "screen_without_key": (DeviceState.MISCONFIGURED, WARD_IT),
    "scanner_address_wrong": (DeviceState.MISCONFIGURED, WARD_IT),
    "scanner_out_of_reach": (DeviceState.DOWN, CLERK),
    "scanner_busy": (DeviceState.DOWN, CLERK),
    "scanner_no_escl": (DeviceState.MISCONFIGURED, WARD_IT),
    "scanner_stopped": (DeviceState.DOWN, CLERK),
    "scanner_jammed": (DeviceState.DEGRADED, CLERK),
    "scanner_feeder_open": (DeviceState.DEGRADED, CLERK),
    "scanner_feeder_overfull": (DeviceState.DEGRADED, CLERK),
    "scanner_without_feeder": (DeviceState.DEGRADED, WARD_IT),
    "scanner_gives_no_jpeg": (DeviceState.MISCONFIGURED, WARD_IT),
    "copier_secret_unusable": (DeviceState.MISCONFIGURED, WARD_IT),
    "copier_no_answer": (DeviceState.DOWN, WARD_IT),
    "copier_refuses": (DeviceState.MISCONFIGURED, WARD_IT),
    "copier_no_printer_mib": (DeviceState.MISCONFIGURED, WARD_IT),
    "copier_reply_impossible": (DeviceState.DEGRADED, WARD_IT),
    "copier_counter_back": (DeviceState.DEGRADED, WARD_IT),
    "copier_paper_out": (DeviceState.DOWN, CLERK),
    "copier_tray_empty": (DeviceState.DEGRADED, CLERK),
    "copier_paper_low": (DeviceState.DEGRADED, CLERK),
    "copier_jammed": (DeviceState.DOWN, CLERK),
    "copier_open": (DeviceState.DOWN, CLERK),
    "copier_toner_out": (DeviceState.DOWN, CLERK),
    "copier_supply_empty": (DeviceState.DEGRADED, CLERK),
    "copier_toner_low": (DeviceState.DEGRADED, CLERK),
    "copier_output_full": (DeviceState.DOWN, CLERK),
    "copier_service": (DeviceState.DEGRADED, WARD_IT),
    "copier_stopped": (DeviceState.DOWN, CLERK),
    "copier_warns": (DeviceState.DEGRADED, CLERK),
    "camera_address_wrong": (DeviceState.MISCONFIGURED, WARD_IT),
    "camera_secret_unusable": (DeviceState.MISCONFIGURED, WARD_IT),
    "camera_away": (DeviceState.DOWN, CLERK),
    "camera_troubled": (DeviceState.DOWN, WARD_IT),
    "camera_no_onvif": (DeviceState.MISCONFIGURED, WARD_IT),
    "camera_login_refused": (DeviceState.MISCONFIGURED, WARD_IT),
    "camera_refuses": (DeviceState.MISCONFIGURED, WARD_IT),
    "camera_clock_wrong": (DeviceState.DEGRADED, WARD_IT),
    "camera_without_profile": (DeviceState.MISCONFIGURED, WARD_IT),
    "camera_without_snapshot": (DeviceState.DEGRADED, WARD_IT),
    "camera_stream_away": (DeviceState.DOWN, WARD_IT),
    "camera_stream_refused": (DeviceState.MISCONFIGURED, WARD_IT),
    "check_hangs": (DeviceState.DOWN, WARD_IT),
    "source_troubled": (DeviceState.DOWN, WARD_IT),
    "agent_silent": (DeviceState.DOWN, WARD_IT),
    "agent_gap": (DeviceState.DEGRADED, WARD_IT),
    "agent_spool_replaced": (DeviceState.DEGRADED, WARD_IT),
    "agent_spool_nearly_full": (DeviceState.DEGRADED, WARD_IT),
    "agent_spool_full": (DeviceState.DOWN, WARD_IT),
    "agent_copied": (DeviceState.MISCONFIGURED, WARD_IT),
    "agent_moved": (DeviceState.DEGRADED, WARD_IT),
    "agent_events_refused": (DeviceState.DEGRADED, WARD_IT),
    "agent_device_new": (DeviceState.DEGRADED, WARD_IT),
    "agent_clock_wrong": (DeviceState.DEGRADED, WARD_IT),
    "agent_numbers_out": (DeviceState.DEGRADED, WARD_IT),
    "not_checked": (DeviceState.DOWN, WARD_IT),
}
CODES: Final = frozenset(_TABLE)


@dataclass(frozen=True, slots=True)
class DeviceFinding:
    """One thing that is wrong with a device; its evidence is a line that a terminal can show."""

    code: str
    evidence: str = ""

    def __post_init__(self) -> None:
        # Evidence is often a device's own text: a control character in it would steer a terminal.
        shown = "".join(
            it if it.isprintable() else "\N{REPLACEMENT CHARACTER}" for it in self.evidence
        )
        object.__setattr__(self, "evidence", shown)

    @property
    def state(self) -> DeviceState:
        """The state that a device has with this finding alone."""
        return _TABLE[self.code][0]

    @property
    def owner(self) -> str:
        """Who acts, by the names of `hub/rules/owners.py`."""
        return _TABLE[self.code][1]

    @property
    def text(self) -> Text:
        """What is wrong, in a sentence."""
        return both(f"device_findings.{self.code}")

    @property
    def to_do(self) -> Text:
        """What the owner does about it."""
        return both(f"device_findings.{self.code}_to_do")


class FigureKind(StrEnum):
    """What a device counts."""

    PAGES = "pages"
    """All pages that it ever made."""
    TRAY = "tray"
    SUPPLY = "supply"
    """A toner, a drum, or the room that is left for waste."""


SOME_LEFT: Final = -3
"""A level of which the device says only that it is not empty. RFC 3805: -1 is no limit, -2 is
unknown, and nothing is defined below this one."""


@dataclass(frozen=True, slots=True)
class DeviceFigure:
    """One thing that a device counts."""

    kind: FigureKind
    place: str = ""
    """Which tray or supply, by the numbers of the device."""
    level: int = 0
    """In sheets, percent or whatever the device counts in; pages for PAGES. Below 0 where the
    device does not count it."""
    capacity: int = 0
    """In the unit of `level`. 0 or less where it has none, or the device does not say."""

    @property
    def text(self) -> Text:
        """What is counted."""
        if self.kind is FigureKind.PAGES:
            return both("device_figures.pages")
        if self.kind is FigureKind.TRAY:
            return both("device_figures.tray", place=self.place)
        return both("device_figures.supply", place=self.place)

    @property
    def level_text(self) -> Text:
        """How much there is."""
        if self.level < 0:
            if self.level == SOME_LEFT:
                return both("device_figures.some")
            return both("device_figures.not_told")
        if self.capacity <= 0:
            return both("device_figures.count", level=self.level)
        return both("device_figures.level", level=self.level, capacity=self.capacity)


def worst_first(findings: Iterable[DeviceFinding]) -> list[DeviceFinding]:
    """Return findings in the order in which a person reads them."""
    return sorted(findings, key=lambda it: _ORDER.index(it.state), reverse=True)


def state_of(findings: Iterable[DeviceFinding]) -> DeviceState:
    """Return the state of a device: that of its worst finding."""
    return max((it.state for it in findings), key=_ORDER.index, default=DeviceState.UP)


def state_text(state: DeviceState) -> Text:
    """Return a state in a word."""
    return both(f"device_findings.state_{state}")
