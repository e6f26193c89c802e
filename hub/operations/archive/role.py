"""The archive as a part of the timer's process: a run now and then, by whoever leads."""

from datetime import timedelta

from hub.flow.outlast import outlast
from hub.operations.archive.archiving import Archive, run
from hub.operations.archive.leading import NotLeading
from hub.operations.archive.reading import ArchiveDamaged
from hub.operations.archive.report import Report
from hub.operations.by import By
from hub.service import Role
from hub.telemetry import Event, log

ACTOR, REASON = "hub", "HUB_ARCHIVE=on"


class Archivist(Role):
    """Runs the archive every `every`; stops within a batch."""

    name = "archive"
    stop_within = 30.0

    def __init__(self, archive: Archive, *, every: timedelta) -> None:
        super().__init__()
        self.archive = archive
        self.every = every
        archive.stop.clear()

    def request_stop(self) -> None:
        self.archive.stop.set()
        super().request_stop()

    def run(self) -> None:
        while not self.stopping.is_set():
            outlast(self, self.look)
            self.bell.wait(self.every.total_seconds())

    def look(self) -> None:
        """Run the archive once and log what came of it."""
        by: By = {"actor": ACTOR, "reason": REASON, "now": self.archive.clock()}
        try:
            report = run(self.archive, by)
        except NotLeading:
            return
        except ArchiveDamaged as error:
            log.error(Event.ARCHIVE_DAMAGED, detail=str(error))
            return
        _tell(report)


def _tell(report: Report) -> None:
    if report.archived or report.erased or report.removed:
        done = f"{report.erased} erased, {report.removed} files removed"
        log.info(Event.ARCHIVE_DONE, count=report.archived, detail=done)
    if report.stopped:
        log.warning(Event.ARCHIVE_STOPPED, detail=report.stopped)
