"""The spool: the way in for the devices of a workstation, durable when it returns.

Every event gets the next number of its device in the transaction that stores it, so numbers have no
gap. An event leaves only after the hub's answer; one that the hub refuses stays for a person. Over
its budget the spool refuses, and the device shows it: a scan stays in its folder, a reader does not
beep.

Not promised: that an event survives the loss of the disk.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import msgspec

from hub.edge.spool.appending import NewEvent, append
from hub.edge.spool.database import SpoolDatabase
from hub.edge.spool.files import SpoolFiles
from hub.messages.envelope import Attachment, Message, encode
from hub.ports import Accepted
from hub.rules.edge.room import SpoolRoom, days_left

MOST_TRIES = 3
"""Times that an event is sent whose file the hub does not find."""


class SpoolFull(OSError):
    """The budget is used up, or the disk is full; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that the hub has not answered."""

    place: int
    device: str
    sequence: int
    body: bytes
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolState:
    """How full a spool is."""

    waiting: int
    refused: int
    oldest: float | None
    """When the oldest waiting event was spooled, in seconds of the system's clock."""
    room: SpoolRoom
    days: int | None


class Spool:
    """The sink of every source of this workstation; threads share it."""

    def __init__(
        self,
        directory: Path,
        *,
        budget: int,
        on_accept: Callable[[], None] = lambda: None,
    ) -> None:
        """`budget`: bytes of events and files. Raises SpoolUnusable and sqlite3.Error."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory = directory
        self.budget = budget
        self.on_accept = on_accept
        self.database = SpoolDatabase(directory)
        self.files = SpoolFiles(directory, self.database)
        self._since = time.monotonic()
        self._spooled = 0
        """Bytes that came since the start: the pace at which the spool fills."""

    @property
    def id(self) -> str:
        """The id that was made with the spool."""
        return self.database.id

    def accept(self, message: Message) -> Accepted:
        """Store a message with the next number of its device; one that is there is a repeat.

        Raises SpoolFull.
        """
        with self.database.write() as tx:
            accepted = self.write(tx, message)
        self.on_accept()
        return accepted

    def write(self, tx: sqlite3.Connection, message: Message) -> Accepted:
        """Store a message in a transaction of the caller. Raises SpoolFull."""
        known = tx.execute("SELECT 1 FROM events WHERE message_id = ?", (message.id,)).fetchone()
        if known:
            return Accepted(message.id, duplicate=True)
        body = encode(message)
        if not self.room().accepts(len(body)):
            raise SpoolFull(f"the spool's budget of {self.budget} bytes is used up")
        files = {file.sha256 for file in message.attachments}
        for sha256 in files:
            if tx.execute("SELECT 1 FROM files WHERE sha256 = ?", (sha256,)).fetchone() is None:
                raise OSError("the file of this event is not in the spool any more")
        append(tx, NewEvent(message.id, message.source, body, time.time()), files)
        self._spooled += len(body)
        return Accepted(message.id)

    def store_file(
        self,
        stream: BinaryIO,
        *,
        name: str,
        media_type: str,
        component: str = "",
        sha256: str = "",
        keep: bool = False,
    ) -> Attachment:
        """Store a file durably, see `Sink`. What its content is, the hub decides. Raises SpoolFull.

        `sha256` and `keep` concern files of partners, which no workstation has.
        """
        del sha256, keep
        room = self.room()
        if not room.accepts(0):
            raise SpoolFull(f"the spool's budget of {self.budget} bytes is used up")
        try:
            digest, size = self.files.write(
                stream, name=name, media_type=media_type, most=room.left
            )
        except OSError as error:
            raise SpoolFull(str(error)) from error
        self._spooled += size
        return Attachment(
            name=name, media_type=media_type, size=size, sha256=digest, component=component
        )

    def file_size(self, sha256: str) -> int | None:
        """Return the size of a stored file, None where it is not there."""
        return self.files.size_of(sha256)

    def sendable(self, *, events: int, size: int) -> list[Waiting]:
        """Return the next events to send: of each device in order, up to the first whose files the
        hub does not have yet. At most so many events and bytes, one event at least.
        """
        rows = self.database.all(
            "WITH blocked AS (SELECT device, min(sequence) AS first FROM files"
            " JOIN event_files USING (sha256) JOIN events USING (place)"
            " WHERE stored_sha256 = '' AND events.refusal IS NULL GROUP BY device)"
            " SELECT place, device, sequence, body FROM events LEFT JOIN blocked USING (device)"
            " WHERE refusal IS NULL AND (first IS NULL OR sequence < first)"
            " ORDER BY place LIMIT ?",
            events,
        )
        found: list[Waiting] = []
        for row in rows:
            size -= len(row["body"])
            if found and size < 0:
                break
            found.append(self._waiting(row))
        return found

    def _waiting(self, row: sqlite3.Row) -> Waiting:
        rows = self.database.all("SELECT sha256 FROM event_files WHERE place = ?", row["place"])
        files = tuple(it["sha256"] for it in rows)
        return Waiting(row["place"], row["device"], row["sequence"], row["body"], files)

    def with_stored_files(self, event: Waiting) -> bytes:
        """Return the message of an event as the hub is to have it.

        A file that the hub cleaned has another hash there; the hub knows its size.
        """
        if not event.files:
            return event.body
        rows = self.database.all(
            "SELECT files.sha256, stored_sha256 FROM files JOIN event_files USING (sha256)"
            " WHERE place = ?",
            event.place,
        )
        stored = {row["sha256"]: row["stored_sha256"] for row in rows}
        message = msgspec.json.decode(event.body, type=Message)
        attachments = tuple(
            msgspec.structs.replace(it, sha256=stored[it.sha256]) for it in message.attachments
        )
        return encode(msgspec.structs.replace(message, attachments=attachments))

    def answered(self, places: Iterable[int]) -> None:
        """Let events go that the hub has."""
        with self.database.write() as tx:
            for place in places:
                tx.execute("DELETE FROM event_files WHERE place = ?", (place,))
                tx.execute("DELETE FROM events WHERE place = ?", (place,))
        self.files.remove_unneeded()

    def refuse(self, event: Waiting, why: str, *, file_missing: bool = False) -> None:
        """Keep an event that the hub refused for a person; one whose file it lost is sent again."""
        with self.database.write() as tx:
            tx.execute("UPDATE events SET tries = tries + 1 WHERE place = ?", (event.place,))
            again = tx.execute(
                "SELECT 1 FROM events WHERE place = ? AND tries < ?", (event.place, MOST_TRIES)
            ).fetchone()
            if file_missing and again:
                for sha256 in event.files:
                    tx.execute(
                        "UPDATE files SET stored_sha256 = '', upload = '' WHERE sha256 = ?",
                        (sha256,),
                    )
                return
            tx.execute("UPDATE events SET refusal = ? WHERE place = ?", (why, event.place))

    def room(self) -> SpoolRoom:
        """Return how full the spool is."""
        row = self.database.one("SELECT bytes FROM usage")
        free = shutil.disk_usage(self.directory).free
        return SpoolRoom(used=row[0], budget=self.budget, disk_free=free)

    def state(self) -> SpoolState:
        """Return how the spool is."""
        row = self.database.one(
            "SELECT count(*) FILTER (WHERE refusal IS NULL) AS waiting,"
            " count(*) FILTER (WHERE refusal IS NOT NULL) AS refused,"
            " min(spooled_at) FILTER (WHERE refusal IS NULL) AS oldest FROM events"
        )
        room = self.room()
        during = timedelta(seconds=time.monotonic() - self._since)
        return SpoolState(
            waiting=row["waiting"],
            refused=row["refused"],
            oldest=row["oldest"],
            room=room,
            days=days_left(room, spooled=self._spooled, during=during),
        )

    def close(self) -> None:
        """Close the spool."""
        self.database.close()
