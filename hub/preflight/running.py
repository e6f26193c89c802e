"""What the running processes say of themselves: their roles, their last preflight, open alerts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from hub.preflight.check import Check, from_text
from hub.preflight.store_reading import reading
from hub.records.deadlines.calendar import local
from hub.runtime.clock import utc_now
from hub.runtime.health import SILENT_AT_MOST
from hub.runtime.processes import replaced, runs_here
from hub.settings import Settings
from hub.store.monitoring import heartbeats
from hub.store.repair import deadline_alerts

LOOKS_AT_LEAST = timedelta(hours=2)
"""A running process that has not looked for so long has stopped looking."""


def running(settings: Settings) -> Iterator[Check]:
    """Read what the processes wrote; says nothing where the database cannot be read."""
    with reading(settings) as tx:
        if tx is None:
            return
        rows, near = heartbeats.known(tx), deadline_alerts.count(tx)
    now = utc_now()
    for row in rows:
        if replaced(row, rows) and not runs_here(row):
            continue  # it was killed, and another took its place
        yield _process(row, now)
        yield from _looked(row, now)
    if not rows:
        yield Check("processes", True, "none is running")
    fix = "See `hub tasks`: take them there by hand, then `hub deliveries complete`."
    yield Check("due dates", not near, f"{near} deliveries are close to theirs", fix)


def _process(row: Any, now: datetime) -> Check:
    silent = now - row.beat_at
    detail = f"{row.roles}: heard of {max(0.0, silent.total_seconds()):.0f} s ago"
    if row.troubles:
        detail += f"; {row.troubles}"
    fix = "Look at its log (`role_crashed`) and start it again; an old row goes after a day."
    good = silent <= SILENT_AT_MOST and not row.troubles
    return Check(f"process {row.process}", good, detail, fix)


def _looked(row: Any, now: datetime) -> Iterator[Check]:
    if row.looked_at is None:
        return
    found = from_text(row.findings)
    wrong = [check for check in found if not check.ok]
    at = f"{local(row.looked_at):%d/%m %H:%M}"
    detail = f"looked at {at}: {len(found)} things, {len(wrong)} to be seen to"
    if wrong:
        detail += " (" + ", ".join(check.subject for check in wrong) + ")"
    fix = "Its log names each as `preflight_found`; most are in this table too."
    late = now - row.looked_at > LOOKS_AT_LEAST
    yield Check(f"preflight {row.process}", not wrong and not late, detail, fix)
