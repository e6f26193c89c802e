"""The way in: a message is checked, stored durably and answered; its handling comes later.

`Intake` is the sink of every source and of the gateway. When `accept` returns, the message is in
the journal and will be handled; when it raises InvalidMessage, nothing of it is stored. Its wait
for the commit has an end: then it raises AcceptanceUnknown, and the sender tells the same again.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import BinaryIO

from hub.exchange.intake.group_commit import AnswerT, GroupCommit, ItemT, Unanswered, Work
from hub.messages import catalog
from hub.messages.envelope import Attachment, Message, encode
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import Payload
from hub.ports import AcceptanceUnknown, Accepted, Clock, Validator
from hub.ports.files import FileClaims
from hub.runtime import tracing
from hub.runtime.failpoints import Point, passing
from hub.store.engine.sqlite_writer import CommitUnknown
from hub.store.engine.store import Store, Tx, is_away
from hub.store.evidence import handovers
from hub.store.messages import blobs, journal

WAIT_AT_MOST = timedelta(seconds=45)
"""For a commit: longer than SQLite waits for another process's lock, and shorter than the minute
after which callers give up by themselves."""


Commit = Callable[[journal.JournalEntry], Awaitable[Accepted]]


class Intake:
    """Accepts messages and files; threads share it."""

    def __init__(
        self,
        store: Store,
        files: blobs.BlobStore,
        *,
        clock: Clock,
        validator: Validator | None = None,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self.store = store
        self.files = files
        self.clock = clock
        self.validator = validator
        self.on_commit = on_commit
        self.commits = GroupCommit(concerns_all=is_away)
        self.wait_at_most = WAIT_AT_MOST

    def accept(self, message: Message) -> Accepted:
        """Store `message` and return; a second telling of the same thing gets the first answer."""
        entry, further = self._entries(message)
        try:
            return self._committed(entry)
        except InvalidMessage as refused:
            if refused.code != "content_differs" or further is None:
                raise
        return self._committed(further)

    async def accept_async(
        self, message: Message, payload: Payload | None = None, *, commit: Commit | None = None
    ) -> Accepted:
        """As `accept`, for a caller on an event loop: no thread waits for the commit.

        `payload` is the record that the message was composed of, where the caller has just done so.
        `commit` has an entry committed in the caller's way, by `write` and what follows it.
        """
        commit = commit or self._committed_async
        # Files are looked up on the disk, which may be slow.
        entry, further = (
            await asyncio.to_thread(self._entries, message, payload)
            if message.attachments
            else self._entries(message, payload)
        )
        try:
            return await commit(entry)
        except InvalidMessage as refused:
            if refused.code != "content_differs" or further is None:
                raise
        return await commit(further)

    def _entries(
        self, message: Message, payload: Payload | None = None
    ) -> tuple[journal.JournalEntry, journal.JournalEntry | None]:
        """Return what is written, and what instead where another content is known under its key.

        Raises InvalidMessage for what must not be stored.
        """
        opened = catalog.open(message, payload)
        self._check(message, opened)
        entry = journal.JournalEntry(message, encode(message), opened.dedup_key)
        further = catalog.further_key(message, opened.payload)
        if not further:
            return entry, None
        return entry, journal.JournalEntry(message, entry.body, further)

    def _check(self, message: Message, opened: catalog.Opened) -> None:
        """Refuse what must not be stored; raises InvalidMessage."""
        if opened.entry.reader != catalog.RECORDS:
            why = f"{message.type} is said by the hub, not to it"
            raise InvalidMessage("type_unknown", where="$.type", why=why)
        if opened.payload.number and opened.payload.number != message.key:
            # What is about one dossier would stand in the lane of another.
            why = "the key is not the dossier number of the payload"
            raise InvalidMessage("envelope_invalid", where="$.key", why=why)
        if self.validator is not None:
            self.validator.check(opened.payload)
        for file in message.attachments:
            size = self.files.size_of(file.sha256)
            if size is None:
                why = "not in the file store"
                raise InvalidMessage("file_missing", where=file.sha256, why=why)
            if size != file.size:
                why = f"{file.size} bytes were announced, {size} are stored"
                raise InvalidMessage("file_hash_wrong", where="$.attachments", why=why)
        self._check_claims(message, kept=opened.entry.owner in catalog.PARTNERS)

    def _check_claims(self, message: Message, *, kept: bool) -> None:
        """Refuse a file whose content is not what its name or declared type says.

        `kept`: a partner's result is taken nevertheless, and what was found is noted.
        """
        if self.files.check is None:
            return
        for nth, file in enumerate(message.attachments):
            place = self.files.path(file.sha256)
            lie = self.files.check.lie_of(place, FileClaims(file.name, file.media_type))
            if lie and kept:
                self.files.note(file.sha256, "file_type_differs", lie)
            elif lie:
                where = f"$.attachments[{nth}].{lie}"
                raise InvalidMessage("file_type_differs", where=where, why="the content is another")

    def _committed(self, entry: journal.JournalEntry) -> Accepted:
        """Have an entry committed, together with those of other threads."""
        try:
            return self.commits.answer(self._commit, entry, within=self.wait_at_most)
        except (CommitUnknown, Unanswered) as error:
            raise AcceptanceUnknown(str(error)) from None

    async def _committed_async(self, entry: journal.JournalEntry) -> Accepted:
        return await self.commit_async(self._commit, entry)

    async def commit_async(self, work: Work[ItemT, AnswerT], item: ItemT) -> AnswerT:
        """Have a caller's own `work` committed, with the other items of it. Raises
        AcceptanceUnknown, and what the work raises.
        """
        try:
            return await self.commits.answer_async(work, item, within=self.wait_at_most)
        except (CommitUnknown, Unanswered) as error:
            raise AcceptanceUnknown(str(error)) from None

    def _commit(self, entries: Sequence[journal.JournalEntry]) -> list[Accepted]:
        """Write the entries of several callers in one transaction; return an answer for each."""
        now = self.clock()
        with self.store.write() as tx:
            answers = self.write(tx, entries, now)
            self.write_evidence(tx, entries, answers, now)
        self.committed(entries, now)
        return answers

    def write(
        self, tx: Tx, entries: Sequence[journal.JournalEntry], now: datetime
    ) -> list[Accepted]:
        """Write entries in a transaction of the caller, who then calls `write_evidence` and, after
        the commit, `committed`. Raises InvalidMessage as `journal.accept` does.
        """
        answers = journal.accept(tx, entries, now)
        files = [file for entry in entries for file in entry.message.attachments]
        blobs.register(tx, files, now=now)
        return answers

    @staticmethod
    def write_evidence(
        tx: Tx,
        entries: Sequence[journal.JournalEntry],
        answers: Sequence[Accepted],
        now: datetime,
    ) -> None:
        """Write the evidence of what partners told us; the last step of the transaction."""
        handovers.record(tx, _handed_in(entries, answers, now))

    def committed(self, entries: Sequence[journal.JournalEntry], since: datetime) -> None:
        """Wake what handles the entries, which a transaction wrote that began at `since`."""
        passing(Point.ACCEPT_AFTER_COMMIT)
        self.on_commit()
        if tracing.is_on():
            messages = [entry.message for entry in entries]
            tracing.accepted(messages, since=since, until=self.clock())

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
        """Stream a file into the blob store and return the claim check for it, see `Sink`.

        It becomes known to the store with the first message that refers to it.
        """
        claims = FileClaims(name, media_type)
        digest, size = self.files.write(stream, sha256=sha256, claims=claims, keep=keep)
        passing(Point.BLOB_AFTER_WRITE)
        return Attachment(
            name=name, media_type=media_type, size=size, sha256=digest, component=component
        )

    def file_size(self, sha256: str) -> int | None:
        """Return the size of a stored file in bytes, None when it is not stored."""
        return self.files.size_of(sha256)

    def close(self) -> None:
        """Finish what is being accepted."""
        self.commits.close()


def _handed_in(
    entries: Sequence[journal.JournalEntry], answers: Sequence[Accepted], now: datetime
) -> list[handovers.Handover]:
    """Return the evidence of what a partner told us: its word, and that we have it now."""
    return [
        handovers.Handover(
            delivery_id=None,
            attempt=1,
            partner=entry.message.source,
            operation=entry.message.type,
            number=entry.message.key,
            direction=handovers.IN,
            kind="callback",
            request_hash=hashlib.sha256(entry.body).hexdigest(),
            response_hash="",
            sent_at=entry.message.time,
            answered_at=now,
            receipt=answer.message_id,
            recorded_at=now,
            outcome="already" if answer.duplicate else "accepted",
        )
        for entry, answer in zip(entries, answers, strict=True)
        if _is_of_partner(entry.message)
    ]


def _is_of_partner(message: Message) -> bool:
    by_operation = catalog.find(message.type, message.version).owner == catalog.PARTNER
    return by_operation or message.source in catalog.PARTNERS
