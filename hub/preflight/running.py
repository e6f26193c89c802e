"""What the running processes say of themselves: their roles, their last preflight, open alerts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from hub.preflight.check import Check, from_text
from hub.preflight.store.reading import reading
from hub.records.deadlines.calendar import local
from hub.runtime.clock import utc_now
from hub.runtime.process.processes import replaced, runs_here
from hub.settings import Settings
from hub.store.monitoring import heartbeats
from hub.store.repair import deadline_alerts
from hub.texts import text

CHECKS_AT_LEAST = timedelta(hours=2)
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
        yield from _checks_of(row, now)
    if not rows:
        yield Check("processes", True, text("checks.no_process"))
    detail, fix = text("checks.due_dates", count=near), text("checks.due_dates_fix")
    yield Check("due dates", not near, detail, fix)


def _process(row: Any, now: datetime) -> Check:
    silent = now - row.beat_at
    seconds = f"{max(0.0, silent.total_seconds()):.0f}"
    detail = text("checks.process", roles=row.roles.replace(",", ", "), seconds=seconds)
    if row.troubles:
        detail += f"; {row.troubles}"
    fix = text("checks.process_fix")
    good = silent <= heartbeats.SILENT_AT_MOST and not row.troubles
    return Check(f"process {row.process}", good, detail, fix)


def _checks_of(row: Any, now: datetime) -> Iterator[Check]:
    if row.looked_at is None:
        return
    found = from_text(row.findings)
    wrong = [check for check in found if not check.ok]
    at = f"{local(row.looked_at):%d/%m %H:%M}"
    detail = text("checks.looked", at=at, count=len(found), wrong=len(wrong))
    if wrong:
        detail += " (" + ", ".join(check.subject for check in wrong) + ")"
    fix = text("checks.looked_fix")
    late = now - row.looked_at > CHECKS_AT_LEAST
    yield Check(f"preflight {row.process}", not wrong and not late, detail, fix)
