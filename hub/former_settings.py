"""Names that settings had in or since release 0.2: they work in 0.3, and stderr says the new one.

Gone in 0.4. Nothing else of the old names is known anywhere.
"""

import sys
from collections.abc import Mapping

from hub.texts import text

FORMER = {
    "HUB_MANNERS": "HUB_CALL_LIMITS_FILE",
    "HUB_SWEEP": "HUB_SWEEP_INTERVAL",
    "HUB_SETTLE_DELAY": "HUB_RECONCILE_DELAY",
    "HUB_RECONCILE_AGAIN": "HUB_RECONCILE_INTERVAL",
    "HUB_RETRY_FIRST": "HUB_RETRY_MIN_DELAY",
    "HUB_RETRY_LONGEST": "HUB_RETRY_MAX_DELAY",
    "HUB_CIRCUIT_FIRST": "HUB_CIRCUIT_MIN_OPEN",
    "HUB_CIRCUIT_LONGEST": "HUB_CIRCUIT_MAX_OPEN",
    "HUB_BARCODE_LINE": "HUB_BARCODE_DEVICE",
    "HUB_ONE_CPU": "HUB_PIN_CPU",
    "HUB_SCANNER_URL": "HUB_VIRUS_SCANNER_URL",
    "HUB_SCANNER_AWAY": "HUB_VIRUS_SCANNER_AWAY",
}
"""Each former name and the present one."""


def by_present_names(environment: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """Return the environment under present names; both names set at once are a problem."""
    present = dict(environment)
    from_files = {f"{old}_FILE": f"{new}_FILE" for old, new in FORMER.items()}
    for old, new in (FORMER | from_files).items():
        if old not in present:
            continue
        if new in present:
            problems.append(f"{old}: {text('settings_problems.former_is_set', new=new)}")
            present.pop(old)
            continue
        sys.stderr.write(f"{text('settings_problems.former_works', old=old, new=new)}\n")
        present[new] = present.pop(old)
    return present
