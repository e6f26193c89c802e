"""Raises a task for each file that is kept although its content was found wanting.

A result of a partner is kept whatever is in it, and a person decides. A file that no virus scanner
could see is scanned here as soon as one answers. While the scanner is away one task says so; that
task closes by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.messages.invalid import InvalidMessage
from hub.ports.files import ScannerAway
from hub.rules.failures.errors import FAULTS
from hub.rules.owners import CLERK, WARD_IT
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store
from hub.store.messages import file_findings
from hub.store.messages.blobs import BlobStore
from hub.store.messages.file_findings import INFECTED, UNSCANNED, FileFinding
from hub.store.records import papers
from hub.store.repair import tasks
from hub.texts import both

KIND, AWAY = "file_finding", "scanner_away"
NAMED_WITHIN = timedelta(minutes=10)
"""A file is stored before the message that says whose it is."""
_SHOWN = 12
"""Letters of a sha256 that name the file in a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFiles:
    """The findings of one store."""

    store: Store
    files: BlobStore

    def check(self, now: datetime) -> int:
        """Scan what can be scanned now, open the missing tasks; return how many were opened."""
        self._check_scanner(now)
        with self.store.read() as tx:
            found = [one for one in file_findings.every(tx) if one.reported_at is None]
        opened = 0
        for one in found:
            if one.code == UNSCANNED:
                self._scan(one)
            else:
                opened += self._report(one, now)
        return opened

    def _check_scanner(self, now: datetime) -> None:
        why = self.files.check.scanner_trouble() if self.files.check else ""
        with self.store.read() as tx:
            number = tasks.open_number(tx, AWAY, "clamd", "")
        if why and number is None:
            finding = tasks.TaskFinding(
                kind=AWAY,
                subject="clamd",
                destination="",
                owner=WARD_IT,
                detail=both("files.scanner_away", why=why),
                repair=both("files.scanner_repair"),
            )
            with self.store.write() as tx:
                tasks.open_once(tx, finding, due_at=None, now=now)
            log.error(Event.SCANNER_AWAY, detail=why)
        elif not why and number is not None:
            with self.store.write() as tx:
                tasks.close_gone(tx, number, now=now)

    def _scan(self, one: FileFinding) -> None:
        try:
            place = self.files.path(one.sha256)
            virus = self.files.check.virus_in(place) if self.files.check else ""
        except ScannerAway:
            return
        except InvalidMessage:  # the file is gone
            virus = ""
        with self.store.write() as tx:
            if virus:
                file_findings.record(tx, FileFinding(one.sha256, INFECTED, virus, one.found_at))
            else:
                file_findings.forget(tx, one.sha256)

    def _report(self, one: FileFinding, now: datetime) -> bool:
        with self.store.read() as tx:
            number = papers.dossier_of(tx, one.sha256)
        if not number and now - one.found_at < NAMED_WITHIN:
            return False
        with self.store.write() as tx:
            opened = tasks.open_once(tx, finding_of(one, number), due_at=None, now=now)
            file_findings.mark_reported(tx, one.sha256, now=now)
        log.warning(Event.FILE_FOUND_WANTING, code=one.code, detail=one.why)
        return opened


def finding_of(one: FileFinding, number: str) -> tasks.TaskFinding:
    """Return the task's content; `number` is that of the dossier, "" where none names the file."""
    shown = one.sha256[:_SHOWN]
    cause = FAULTS[one.code].text
    about = {"file": shown, "why": one.why, "code": one.code}
    infected = one.code == INFECTED
    return tasks.TaskFinding(
        kind=KIND,
        subject=f"{number} {shown}".strip(),
        destination="",
        owner=WARD_IT if infected else CLERK,
        detail=both("files.found", cause=cause, **about),
        repair=both("files.infected_repair" if infected else "files.found_repair", **about),
    )
