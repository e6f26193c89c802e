"""Raises a task for each certificate of the hub's own that ends within 14 days, and for a list of
revoked certificates that is over.

The gateway shows one to its callers, and a partner may demand one. When it ends nothing goes out or
in any more, at midnight. The timer checks the files at its sweep, so that the task closes by itself
when the file was renewed. A file that cannot be read keeps its task; the doctor names it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hub.operations.watchers.task_set import match_open_tasks
from hub.records.deadlines.calendar import local
from hub.rules.clients.api_keys import ALARM_BEFORE
from hub.rules.owners import WARD_IT
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.texts import both

KIND = "certificate_ends"
LIST = "revocation list"
"""The subject of a list's task."""


def end_of(file: Path) -> datetime:
    """Return when the first certificate of a PEM file ends. Raises OSError and ValueError."""
    from cryptography import x509  # only where there is a certificate

    return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingCertificates:
    """The files to read anew at each check, and the store that keeps what was found."""

    store: Store
    files: Mapping[str, Path]
    """The certificates by what they are for."""
    revoked: Path | None = None
    """The file of the list of revoked certificates."""
    revoked_until: Callable[[], datetime | None] = lambda: None
    """Returns when that list is over, None where it does not say. Raises OSError, ValueError."""

    def check(self, now: datetime) -> int:
        """Open the missing tasks, close those that are settled; return how many were opened."""
        ends = {what: _end_or_none(file) for what, file in self.files.items()}
        ending = {what: at for what, at in ends.items() if at and at < now + ALARM_BEFORE}
        unread = {what for what, at in ends.items() if at is None}
        if self.revoked is not None:
            self._check_list(now, ending, unread)
        wanted = {what: (self._finding(what, at), at) for what, at in ending.items()}
        opened = match_open_tasks(self.store, KIND, wanted, now=now, unknown=unread)
        for what in opened:
            log.warning(Event.CERTIFICATE_ENDS, where=what, until=ending[what].isoformat())
        return len(opened)

    def _check_list(self, now: datetime, ending: dict[str, datetime], unread: set[str]) -> None:
        try:
            ends = self.revoked_until()
        except (OSError, ValueError):
            unread.add(LIST)
            return
        if ends is not None and ends <= now:
            ending[LIST] = ends

    def _finding(self, what: str, at: datetime) -> tasks.TaskFinding:
        shown = f"{local(at):%H:%M %d/%m/%Y}"
        detail = both("certificates.own_ends", what=what, file=self.files.get(what), at=shown)
        repair = both("certificates.renew_own")
        if what == LIST:
            detail = both("certificates.list_over", file=self.revoked, at=shown)
            repair = both("certificates.renew_list")
        return tasks.TaskFinding(
            kind=KIND,
            subject=what,
            destination="",
            owner=WARD_IT,
            detail=detail,
            repair=repair,
        )


def _end_or_none(file: Path) -> datetime | None:
    try:
        return end_of(file)
    except (OSError, ValueError):
        return None
