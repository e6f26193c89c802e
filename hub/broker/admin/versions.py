"""What the hub thinks of a broker's version: too old, without fixes, good, or untried. Pure.

Years are those in which the community's support of a release line ended, by the project's release
notes; a distribution or a contract may fix a line for longer.
"""

import re
from dataclasses import dataclass

from hub.texts import text

OLDEST = (3, 10)
"""The first line that moves dead letters at least once."""
NEWEST_MAJOR = 4
SUPPORT_ENDED = {
    (3, 10): 2023,
    (3, 11): 2023,
    (3, 12): 2024,
    (3, 13): 2024,
    (4, 0): 2025,
    (4, 1): 2026,
}


@dataclass(frozen=True, slots=True)
class VersionCheck:
    """What is to be said of a version; `refuses` where messages would be lost."""

    ok: bool
    detail: str
    fix: str = ""
    refuses: bool = False


def check_version(version: str) -> VersionCheck:
    """Return the verdict on a version as RabbitMQ tells it, e.g. `3.10.8` or `4.1.0-rc.1`."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        detail = text("broker_checks.version_unknown", version=repr(version[:40]))
        return VersionCheck(False, detail, text("broker_checks.version_unknown_fix"))
    line = int(found[1]), int(found[2])
    name = f"RabbitMQ {version}"
    if line < OLDEST:
        return VersionCheck(
            False,
            text("broker_checks.version_too_old", name=name),
            text("broker_checks.version_too_old_fix"),
            refuses=True,
        )
    if line[0] > NEWEST_MAJOR:
        return VersionCheck(
            False,
            text("broker_checks.version_too_new", name=name),
            text("broker_checks.version_too_new_fix"),
        )
    if ended := SUPPORT_ENDED.get(line):
        return VersionCheck(
            False,
            text("broker_checks.version_ended", name=name, year=ended),
            text("broker_checks.version_ended_fix"),
        )
    return VersionCheck(True, name)
