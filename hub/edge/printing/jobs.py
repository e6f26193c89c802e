"""The papers of this workstation in its spool: what was taken, begun, and what became of each.

    claiming -> taken -> fetched -> begun -> doubtful -> ended
                 \\________\\_________\\________________/

A step is durable before what it stands for is done: the token before the hub is asked, `begun`
before the first byte goes to the printer, the outcome before it is reported. So whatever a crash
leaves says the truth. What has ended is kept without its document: the hub may ask for the same
paper again after it was restored from a copy, and gets the outcome instead of a second print.
"""

import secrets
import time
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from hub.edge.spool.database import SpoolDatabase
from hub.rules.edge.print_jobs import KEPT, WITHOUT_EFFECT, JobState
from hub.rules.edge.protocol import PrintJob, PrintReport


class PrintStep(StrEnum):
    """How far a paper is here."""

    CLAIMING = "claiming"
    """A token was drawn; the hub may have given a job for it."""
    TAKEN = "taken"
    FETCHED = "fetched"
    """Its document is here, and nothing went to the printer."""
    BEGUN = "begun"
    """Bytes may have gone to the printer."""
    DOUBTFUL = "doubtful"
    """Bytes went, and what became of them is not known yet."""
    ENDED = "ended"


_OPEN = (PrintStep.TAKEN, PrintStep.FETCHED, PrintStep.BEGUN, PrintStep.DOUBTFUL)
_UNDER_WAY = (PrintStep.TAKEN, PrintStep.FETCHED, PrintStep.BEGUN)


@dataclass(frozen=True, slots=True)
class LocalPrint:
    """A paper that is here."""

    token: str
    job: PrintJob
    note: str
    """Why its printer could not print it when it was tried last, "" where it was not."""
    since: float
    """When the present step began, in seconds of the system's clock."""
    code: str = ""
    """Of the failure that was reported last, "" where none was."""


class PrintJobs:
    """The papers in the spool; threads share it."""

    def __init__(self, database: SpoolDatabase) -> None:
        self._database = database

    def token(self) -> str:
        """Return the token to ask with; the same one until it has brought a job, or never will."""
        rows = self._database.all("SELECT token FROM prints WHERE state = ?", PrintStep.CLAIMING)
        if rows:
            return str(rows[0]["token"])
        token = secrets.token_hex(16)
        with self._database.write() as tx:
            tx.execute(
                "INSERT INTO prints (token, state, since) VALUES (?, ?, ?)",
                (token, PrintStep.CLAIMING, time.time()),
            )
        return token

    def forget(self, token: str) -> None:
        """Drop a token that brings nothing any more, as after a disk came back from a copy."""
        with self._database.write() as tx:
            tx.execute(
                "DELETE FROM prints WHERE token = ? AND state = ?", (token, PrintStep.CLAIMING)
            )

    def took(self, token: str, job: PrintJob) -> None:
        """Keep a job that the hub gave; one whose paper may be printed is told its outcome."""
        kept = (PrintStep.TAKEN, job.message_id, msgspec.json.encode(job), time.time(), token)
        with self._database.write() as tx:
            tx.execute(
                "UPDATE prints SET state = ?, message_id = ?, job = ?, since = ? WHERE token = ?",
                kept,
            )
            before = tx.execute(
                "SELECT report FROM prints WHERE message_id = ? AND token <> ?"
                " AND report IS NOT NULL ORDER BY since DESC",
                (job.message_id, token),
            ).fetchall()
        for row in before:
            known = msgspec.json.decode(row["report"], type=PrintReport)
            if known.state not in WITHOUT_EFFECT:
                state = JobState.LOST if known.state is JobState.UNKNOWN else known.state
                self.end(
                    msgspec.structs.replace(known, job=job.id, token=token, state=state),
                    *_UNDER_WAY,
                )
                return

    def fetched(self, token: str, document: bytes) -> None:
        """Keep the document of a job."""
        self._move(token, PrintStep.FETCHED, (PrintStep.TAKEN,), document=document)

    def begin(self, token: str) -> bool:
        """Write down that bytes may leave from now on; tell whether they may."""
        return self._move(token, PrintStep.BEGUN, (PrintStep.FETCHED,))

    def put_off(self, token: str, why: str) -> None:
        """Write down why the printer could not print a paper; nothing was sent to it."""
        with self._database.write() as tx:
            tx.execute("UPDATE prints SET note = ? WHERE token = ?", (why[:200], token))

    def doubt(self, report: PrintReport) -> bool:
        """Write down that a paper may be printed."""
        return self._move(report.token, PrintStep.DOUBTFUL, (PrintStep.BEGUN,), report=report)

    def end(self, report: PrintReport, *steps: PrintStep) -> bool:
        """Write down what became of a paper that is at one of these steps; tell whether it was."""
        return self._move(report.token, PrintStep.ENDED, steps, report=report)

    def doubt_all_begun(self) -> int:
        """Return how many papers a crash left begun: what became of them is not known."""
        begun = self.at(PrintStep.BEGUN)
        for it in begun:
            why = "the agent ended while it was printing"
            self.doubt(
                PrintReport(job=it.job.id, token=it.token, state=JobState.UNKNOWN, detail=why)
            )
        return len(begun)

    def at(self, step: PrintStep) -> list[LocalPrint]:
        """Return the papers at a step, the oldest first."""
        rows = self._database.all(
            "SELECT token, job, note, since, report FROM prints WHERE state = ? ORDER BY since",
            step,
        )
        return [
            LocalPrint(
                row["token"],
                msgspec.json.decode(row["job"], type=PrintJob),
                row["note"],
                row["since"],
                _code(row["report"]),
            )
            for row in rows
        ]

    def document(self, sha256: str) -> bytes:
        """Return the document of a paper that is here. Raises OSError where it is not."""
        for row in self._database.all(
            "SELECT job, document FROM prints WHERE document IS NOT NULL"
        ):
            if msgspec.json.decode(row["job"], type=PrintJob).sha256 == sha256:
                return bytes(row["document"])
        raise OSError("the document is not in the spool")

    def open_ids(self) -> list[int]:
        """Return the hub's ids of the papers whose end the hub does not know."""
        return [msgspec.json.decode(job, type=PrintJob).id for job in self._jobs_at(_OPEN)]

    def is_busy(self) -> bool:
        """Tell whether a paper is under way here: another one is not asked for."""
        return bool(self._jobs_at(_UNDER_WAY))

    def unreported(self) -> list[PrintReport]:
        """Return what the hub has not been told."""
        rows = self._database.all(
            "SELECT report FROM prints WHERE told = 0 AND report IS NOT NULL ORDER BY since"
        )
        return [msgspec.json.decode(row["report"], type=PrintReport) for row in rows]

    def reported(self, report: PrintReport) -> None:
        """Write down that the hub has a report; what has ended needs its document no more."""
        body = msgspec.json.encode(report)
        with self._database.write() as tx:
            tx.execute(
                "UPDATE prints SET told = 1 WHERE token = ? AND report = ?", (report.token, body)
            )
            tx.execute(
                "UPDATE prints SET document = NULL WHERE told = 1 AND state = ?", (PrintStep.ENDED,)
            )
            tx.execute(
                "DELETE FROM prints WHERE told = 1 AND state = ? AND since < ?",
                (PrintStep.ENDED, time.time() - KEPT.total_seconds()),
            )

    def _jobs_at(self, steps: tuple[PrintStep, ...]) -> list[bytes]:
        marks = ", ".join("?" * len(steps))
        rows = self._database.all(f"SELECT job FROM prints WHERE state IN ({marks})", *steps)  # noqa: S608 - marks only
        return [row["job"] for row in rows]

    def _move(
        self,
        token: str,
        to: PrintStep,
        steps: tuple[PrintStep, ...],
        *,
        document: bytes | None = None,
        report: PrintReport | None = None,
    ) -> bool:
        marks = ", ".join("?" * len(steps))
        body = None if report is None else msgspec.json.encode(report)
        with self._database.write() as tx:
            moved = tx.execute(
                "UPDATE prints SET state = ?, since = ?, note = '',"  # noqa: S608 - marks only
                " document = coalesce(?, document), report = coalesce(?, report),"
                " told = CASE WHEN ? IS NULL THEN told ELSE 0 END"
                f" WHERE token = ? AND state IN ({marks})",
                (to, time.time(), document, body, body, token, *steps),
            )
        return moved.rowcount == 1


def _code(report: bytes | None) -> str:
    return "" if report is None else msgspec.json.decode(report, type=PrintReport).code
