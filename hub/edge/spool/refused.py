"""Events that the hub refused: which ones, and what a person does with each.

An event that is sent again goes last, with the next number of its device. One that is discarded
leaves the spool, and a line of `discarded.jsonl` in the same directory says who did it, and why.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from hub.edge.spool.appending import NewEvent, append
from hub.edge.spool.spool import Spool
from hub.messages.envelope import Message

AUDIT = "discarded.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedEvent:
    """An event that waits for a person."""

    id: int
    device: str
    type: str
    number: str
    """The dossier's, "" for none."""
    message: str
    """Its message's id."""
    why: str
    since: datetime
    """When it came into the spool."""


class DiscardedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the audit."""

    at: datetime
    by: str
    reason: str
    device: str
    type: str
    number: str
    message: str
    why: str
    since: datetime


class NotRefused(Exception):
    """No refused event has this id."""


def listing(spool: Spool) -> list[RefusedEvent]:
    """Return the refused events, the oldest first."""
    rows = spool.database.all("SELECT * FROM events WHERE refusal IS NOT NULL ORDER BY place")
    found = []
    for row in rows:
        message = msgspec.json.decode(row["body"], type=Message)
        found.append(
            RefusedEvent(
                id=row["place"],
                device=row["device"],
                type=message.type,
                number=message.key,
                message=message.id,
                why=row["refusal"],
                since=datetime.fromtimestamp(row["spooled_at"], UTC),
            )
        )
    return found


def resend(spool: Spool, id: int) -> None:
    """Let an event be sent again, after all others of its device. Raises NotRefused."""
    with spool.database.write() as tx:
        row = tx.execute(
            "SELECT * FROM events WHERE place = ? AND refusal IS NOT NULL", (id,)
        ).fetchone()
        if row is None:
            raise NotRefused(str(id))
        files = tx.execute("SELECT sha256 FROM event_files WHERE place = ?", (id,)).fetchall()
        tx.execute("DELETE FROM event_files WHERE place = ?", (id,))
        tx.execute("DELETE FROM events WHERE place = ?", (id,))
        event = NewEvent(row["message_id"], row["device"], row["body"], row["spooled_at"])
        append(tx, event, [file["sha256"] for file in files])
        for file in files:
            # What was refused may have been the file: it is uploaded anew.
            tx.execute(
                "UPDATE files SET stored_sha256 = '', upload = '' WHERE sha256 = ?",
                (file["sha256"],),
            )


def discard(spool: Spool, id: int, *, reason: str, by: str, now: datetime) -> None:
    """Remove an event, after its line of the audit is on the disk.

    Raises NotRefused, and OSError where the line cannot be written: the event stays then.
    """
    event = next((it for it in listing(spool) if it.id == id), None)
    if event is None:
        raise NotRefused(str(id))
    line = DiscardedEvent(
        at=now,
        by=by,
        reason=reason,
        device=event.device,
        type=event.type,
        number=event.number,
        message=event.message,
        why=event.why,
        since=event.since,
    )
    handle = os.open(spool.directory / AUDIT, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "ab") as file:
        file.write(msgspec.json.encode(line) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    spool.answered([id])
