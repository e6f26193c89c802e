"""The archive as a part of the timer's process: a run now and then, by the process that leads.

A folder that cannot be used, a damaged file and another leader are logged and end the run; the next
one comes at its time. A run that stands still, as on a network disk that does not answer, is in
trouble after `patience`.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from hub.operations.archive.config import Archive
from hub.operations.archive.files.reading import ArchiveDamaged
from hub.operations.archive.leading import NotLeading
from hub.operations.archive.run.archiving import run
from hub.operations.archive.run.report import ArchiveReport
from hub.operations.signed_by import SignedBy
from hub.rules.failures.error_summary import describe_error
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log

ACTOR, REASON = "hub", "HUB_ARCHIVE=on"
WHOLE_EVERY = timedelta(days=1)
"""How often the whole folder of stored files is gone through."""


class Archivist(Role):
    """Runs the archive every `every`; stops within a batch."""

    name = "archive"
    stop_within = 30.0
    patience = 3600.0
    """The longest step is to sync a file of 1 GiB to a slow network disk."""

    def __init__(self, archive: Archive, *, every: timedelta) -> None:
        super().__init__()
        waiting, progress = archive.waiting, archive.progress

        def waited(late: bool) -> None:
            self.beat()
            waiting(late)

        def progressed(step: str, count: int) -> None:
            self.beat()
            progress(step, count)

        self.archive = replace(archive, waiting=waited, progress=progressed)
        self.every = every
        self._last_whole: datetime | None = None
        archive.stop.clear()

    def request_stop(self) -> None:
        self.archive.stop.set()
        super().request_stop()

    def run(self) -> None:
        while not self.stopping.is_set():
            retry_while_unavailable(self, self.run_archive)
            self._rest()

    def run_archive(self) -> None:
        """Run the archive once and log what came of it."""
        now = self.archive.clock()
        whole = self._last_whole is None or now - self._last_whole >= WHOLE_EVERY
        by: SignedBy = {"actor": ACTOR, "reason": REASON, "now": now}
        try:
            report = run(self.archive, by, unknown_files=whole)
        except NotLeading:
            log.info(Event.ARCHIVE_LED_ELSEWHERE)
        except ArchiveDamaged as error:
            log.error(Event.ARCHIVE_DAMAGED, detail=str(error))
        except OSError as error:
            log.error(Event.ARCHIVE_STOPPED, detail=describe_error(error))
        else:
            if whole and not report.stopped:
                self._last_whole = now
            _log(report)

    def _rest(self) -> None:
        """Wait until the next run is due; a role that rests is in no trouble."""
        left, longest = self.every.total_seconds(), self.patience / 2
        while left > 0 and not self.stopping.is_set():
            self.beat()
            if self.wakeup.wait(min(left, longest)):
                return
            left -= longest
        self.beat()


def _log(report: ArchiveReport) -> None:
    if report.archived or report.erased or report.removed:
        done = f"{report.erased} erased, {report.removed} files removed"
        log.info(Event.ARCHIVE_DONE, count=report.archived, detail=done)
    if report.stopped:
        log.warning(Event.ARCHIVE_STOPPED, detail=report.stopped.en)
