"""The scanner: files that it drops into a hot folder enter the hub as `document.scanned`.

The file's name tells what it is: `<dossier number>__<component code>.<ending>`; a picture or PDF of
any other name is a stack, whose pages tell by their codes (`stacks`). The modification time is the
time of the scan, where it can be (`scan_times`). A file is taken when nothing of it has changed for
a while and the end of its format is there. It is moved to `dang-nhan` before it is read, and on to
`da-nhan` only after the hub has it durably. One that cannot be taken goes to `loi` beside a text
that tells the officer what is wrong and what to do; one that does not become whole or never comes
to rest, and one of another program, stays where it is, with such a text (`findings`). What lies in
`da-nhan` and `loi` goes after a while, see `copies`.
Should the hub die in between, the file is taken again, under the same message id, and recognised.

Not promised: that a writer that keeps a whole file open and still silent for longer than the rest
is waited for. What it writes then is taken as another scan.
"""

import hashlib
import math
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import structlog

from adapters.devices.scanner import copies, scan_times, stacks
from adapters.devices.scanner.claims import CLAIMED, claim, claimed, end_claim
from adapters.devices.scanner.completeness import lack_of
from adapters.devices.scanner.copies import REFUSED, TAKEN, free_place
from adapters.devices.scanner.names import (
    ScanName,
    is_left_alone,
    is_of_the_system,
    read_name,
    read_stack,
)
from adapters.devices.scanner.notes import advice_on, words_of_note, write_note
from adapters.devices.scanner.rest import AtRest, Marks, is_file, marks_of, what_is
from adapters.devices.scanner.staying_files import (
    REPORTED_AFTER,
    RESTLESS_AFTER,
    Kind,
    StayingFiles,
)
from hub.messages import catalog
from hub.messages.envelope import Attachment, decode, encode
from hub.messages.identifiers import derive_id
from hub.messages.invalid import InvalidMessage
from hub.messages.local_time import LOCAL
from hub.messages.payloads import DocumentScanned
from hub.ports import Clock, Sink
from hub.ports.page_readers import MOST_BYTES, PageReader
from hub.rules.failures.error_summary import describe_error
from hub.texts import text

CLEAR_EVERY = 3600.0
"""Seconds."""
log = structlog.get_logger()


class ScannerSource:
    """Watches one hot folder."""

    emits = frozenset({"document.scanned", "pages.unread"})

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "scanner-1",
        name: str = "scanner",
        poll: float = 1.0,
        rest: timedelta = timedelta(0),
        keep: timedelta = timedelta(days=30),
        read_pages: PageReader | None = None,
        clock: Clock | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: the hub's, for scans whose own time cannot be; None: any time is taken."""
        self.folder = folder
        self.name = name
        self.device = device
        self.poll = poll
        """Seconds between two looks. Polling also works on network shares, where events do not."""
        self.keep = keep
        """How long its own copies of what was taken stay, and files that were refused."""
        self.trouble = ""
        self._read_pages = read_pages
        """Reads stacks; without it a file whose name tells nothing is refused."""
        self._clock = clock
        self._monotonic = monotonic
        self._at_rest = AtRest(rest)
        self.findings = StayingFiles(folder, role=self.name)
        self._cleared = -math.inf

    def run(
        self, sink: Sink, stop: threading.Event, beat: Callable[[], None] = lambda: None
    ) -> None:
        """Take files until `stop`. A folder that is away is waited for, and reported once."""
        while not stop.is_set():
            try:
                for name in (CLAIMED, TAKEN, REFUSED):
                    (self.folder / name).mkdir(parents=True, exist_ok=True)
                self._clear()  # first: where the disk is full, a poll may fail for the lack of it
                self.poll_hot_folder(sink)
            except OSError as error:
                self._report(describe_error(error))
            else:
                self._report("")
            beat()
            stop.wait(self.poll)

    def poll_hot_folder(self, sink: Sink) -> int:
        """Look once; take every file that has come to rest; return how many were taken.

        A file that cannot be read or moved stays where it is and stops no other one; then the last
        such OSError is raised when all have been looked at.
        """
        count = 0
        failed: OSError | None = None
        for path in self._files():
            try:
                count += self._check(path, sink)
            except OSError as error:
                if os.path.lexists(path):  # else whoever put it there has taken it away again
                    failed = error
        self.findings.keep_only(self._at_rest.end_poll())
        if failed is not None:
            raise failed
        return count

    def _files(self) -> Iterator[Path]:
        yield from list(claimed(self.folder))
        own = {self.folder / name for name in (CLAIMED, TAKEN, REFUSED)}
        yield from (path for path in sorted(self.folder.iterdir()) if path not in own)

    def _check(self, path: Path, sink: Sink) -> bool:
        """Take a file that has come to rest, report what stays; tell whether it was taken."""
        status = path.lstat()
        marks = marks_of(status)
        rested = self._at_rest.rested(path, marks, self._monotonic())
        if is_of_the_system(path.name):
            kind = Kind.SYSTEM_FILE
        elif not is_file(status):
            kind = Kind(what_is(status))
        elif path.parent == self.folder and is_left_alone(path.name):
            kind = Kind.WORKING_FILE
        elif rested:
            return self._submit(path, marks, sink)
        else:
            kind = Kind.RESTLESS
        if kind is not Kind.RESTLESS:
            self._report_finding(path, marks, kind)
        self._report_restless(path, marks, Kind.RESTLESS if is_file(status) else kind)
        return False

    def _submit(self, path: Path, marks: Marks, sink: Sink) -> bool:
        """Hand one file to the hub; tell whether it was taken."""
        named = read_name(path.name) or (read_stack(path.name) if self._read_pages else None)
        if lack := _lack_of(path, named):
            self._report_finding(path, marks, Kind.UNFINISHED, why=lack)
            return False
        if named is None:
            why = "the name is not <dossier number>__<component>.<pdf|jpg|png|tif>"
            self._refuse(path, InvalidMessage("number_malformed", where="file name", why=why))
            return False
        self._at_rest.forget(path)
        path = claim(path, self.folder, inode=marks.inode)
        try:
            numbers = self._accept(path, named, marks, sink)
            if numbers is None:
                return False
        except InvalidMessage as error:
            self._refuse(path, error)
            return False
        place = free_place(self.folder / TAKEN / path.name)
        if numbers:
            copies.list_dossiers(place, numbers)  # first: no copy stands there unknown
        copies.move_in(path, place)
        end_claim(path)
        self.findings.end(path.name)
        return True

    def _accept(
        self, path: Path, named: ScanName, marks: Marks, sink: Sink
    ) -> Collection[str] | None:
        """Store the file and its message; None when it is not the file that came to rest.

        Return the dossiers of a stack; of any other file none, because its name tells.
        """
        if not named.number and self._read_pages is not None:
            return self._accept_stack(path, named, marks, sink, self._read_pages)
        with path.open("rb") as stream:
            before = marks_of(os.fstat(stream.fileno()))
            if not before.same_content(marks):
                return None
            file = sink.store_file(
                stream, name=path.name, media_type=named.media_type, component=named.component
            )
            if marks_of(os.fstat(stream.fileno())) != before:
                return None  # written to while it was read: it is looked at again
        self._emit(named, file, self._time_of(marks), sink)
        return ()

    def _accept_stack(
        self, path: Path, named: ScanName, marks: Marks, sink: Sink, read_pages: PageReader
    ) -> Collection[str] | None:
        """Store the segments of a stack and return its dossiers.

        None when it is not the file that came to rest.

        A copy is read: what is written to meanwhile would be read by halves.
        """
        with tempfile.NamedTemporaryFile(prefix="stack-") as copy:
            with path.open("rb") as stream:
                before = marks_of(os.fstat(stream.fileno()))
                if not before.same_content(marks):
                    return None
                if before.size > MOST_BYTES:
                    why = f"{before.size} bytes, the limit is {MOST_BYTES}"
                    raise InvalidMessage("file_too_large", where="file", why=why)
                shutil.copyfileobj(stream, copy)
                copy.flush()
                if marks_of(os.fstat(stream.fileno())) != before:
                    return None
            with Path(copy.name).open("rb") as whole:
                sha256 = hashlib.file_digest(whole, "sha256").hexdigest()
            at, made = self._time_of(marks), scan_times.time_of(marks.modified)
            stamp = made.isoformat() if made else str(marks.modified)
            source = stacks.StackSource(self.name, self.device, at, sha256, stamp)
            media_type = named.media_type
            stack = stacks.submit(Path(copy.name), media_type, source, read=read_pages, sink=sink)
        return {
            it.code.number if it.code and it.cause is None else copies.UNPLACED
            for it in stack.segments
        }

    def _time_of(self, marks: Marks) -> datetime:
        """Return when a scan was made. Raises InvalidMessage: file servers give any 64 bits."""
        made = scan_times.time_of(marks.modified)
        if self._clock is None:
            if made is None:
                why = "the time of the file lies outside of all years"
                raise InvalidMessage("envelope_invalid", where="$.time", why=why)
            return made
        now = self._clock()
        if made is not None and scan_times.can_be(made, now=now):
            scan_times.forget_wrong(self.folder)
            return made
        scan_times.keep_wrong(self.folder, made)
        return now.astimezone(LOCAL)

    def _emit(self, named: ScanName, file: Attachment, at: datetime, sink: Sink) -> None:
        try:
            payload = msgspec.convert(
                DocumentScanned(
                    number=named.number,
                    component=named.component,
                    scanned_at=at,
                    device=self.device,
                ),
                DocumentScanned,
            )
        except msgspec.ValidationError as error:
            raise InvalidMessage("payload_invalid", where="file name", why=str(error)) from None
        message = catalog.compose(
            payload,
            time=at,
            source=self.device,
            id=derive_id("document.scanned", named.number, named.component, file.sha256),
            attachments=[file],
        )
        # Composed here, so nobody has checked the file's name yet.
        sink.accept(decode(encode(message)))

    def _refuse(self, path: Path, error: InvalidMessage) -> None:
        self.findings.end(path.name)
        words = words_of_note(
            path.name,
            why=f"{error.why} ({error.code})",
            what_to_do=advice_on(error.code),
            headline=text("scans.refused"),
        )
        copies.move_in(path, write_note(self.folder / REFUSED / path.name, words).place)
        end_claim(path)
        log.warning("message_parked", role=self.name, code=error.code, where=error.where)

    def _report_finding(self, path: Path, marks: Marks, kind: Kind, *, why: str = "") -> None:
        """Report a file that has lain there for long without a change."""
        if self._monotonic() - self._at_rest.since(path) >= REPORTED_AFTER:
            self.findings.report(path, marks, kind, why=why)

    def _report_restless(self, path: Path, marks: Marks, kind: Kind) -> None:
        """Report what has changed for long, where nothing of it was reported: it never rests."""
        seen_for = self._monotonic() - self._at_rest.first_seen(path)
        if seen_for >= RESTLESS_AFTER and not self.findings.has(path):
            self.findings.report(path, marks, kind)

    def _report(self, trouble: str) -> None:
        """Log when the folder fails and when it works again, not at each look."""
        if trouble and not self.trouble:
            log.error("device_lost", role=self.name, error=trouble)
        elif self.trouble and not trouble:
            log.info("device_back", role=self.name)
        self.trouble = trouble

    def _clear(self) -> None:
        """Remove old copies, once an hour."""
        if self._monotonic() - self._cleared > CLEAR_EVERY:
            self._cleared = self._monotonic()
            for name in (TAKEN, REFUSED):
                if gone := copies.remove_old(self.folder / name, age=self.keep):
                    log.info("copies_removed", role=self.name, folder=name, count=gone)


def _lack_of(path: Path, named: ScanName | None) -> str:
    """Return what a file lacks to be a whole document.

    Of a file that is refused for its name anyway, only whether its writer has begun.
    """
    with path.open("rb") as stream:
        if named is None:
            return "" if stream.read(1) else "the file is empty"
        return lack_of(stream, named.media_type)
