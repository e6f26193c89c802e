"""What the hub is to go through, and what it reports: two files in the trial's folder."""

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec

from hub.settings import Settings

RECEIVED_AT = datetime(2018, 8, 6, 8, 30, tzinfo=timezone(timedelta(hours=7)))
"""Business time of the receptions."""
TOLD_UNTIL = RECEIVED_AT + timedelta(hours=8)
"""The town's later steps come days later; they are no part of this day's load."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One trial, as the hub's program sees it."""

    folder: str
    settings: Settings
    warm_up: int
    measured: int
    per_second: float
    file_bytes: int

    @property
    def stamps(self) -> Path:
        """Where each acceptance by the town is noted."""
        return Path(self.folder) / "stamps"

    @property
    def findings(self) -> Path:
        """Where the program leaves what it measured."""
        return Path(self.folder) / "findings.json"

    def write(self) -> Path:
        """Write the file, which holds passwords; return its path."""
        path = Path(self.folder) / "order.json"
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.encode(self))
        return path


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of each dossier after the warm-up, in milliseconds."""

    town_ms: list[float]
    """From the moment when `accept` was due to the commit of the town's acceptance."""
    accept_ms: list[float]
    """From the same moment to the return of `accept`: what the counter waits for."""
    per_second: float
    """Dossiers a second that were really taken in."""


def given() -> Order:
    """Return this process's order."""
    return msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Order)
