"""The writers of one process share SQLite's one write transaction and its one sync.

SQLite lets one writer in at a time, and a commit costs a sync of the disk, whatever stands in it.
So writers write one after another in one open transaction, each but the first in a savepoint of its
own: one that fails leaves nothing behind and harms no other. The writer that ends while no other
waits (or when the round is old enough) commits for all. No writer returns before that commit; where
the commit fails, it fails for every writer of the round.

Every wait has an end. A writer that gets no permit has written nothing (WriterBusy); one that does
not see its commit does not know (CommitUnknown). Both count as an absence of the database. A write
inside a write of the same thread would wait for itself: it raises NestedWrite.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import Any

import sqlalchemy as sa

from hub.store.statements.compiled import Compiled

_BEGIN = Compiled(sa.text("BEGIN IMMEDIATE"))
_SAVEPOINT = Compiled(sa.text("SAVEPOINT permit"))
_RELEASE = Compiled(sa.text("RELEASE permit"))
_UNDO = Compiled(sa.text("ROLLBACK TO permit"))
LONGEST = 0.012
"""Seconds after which a round is committed although others wait: the first one waits too."""


WAIT_AT_MOST = timedelta(seconds=60)
"""For a permit, and for the commit of a round: twice what SQLite waits for another process."""


class WriterBusy(sa.exc.TimeoutError):
    """Other writers of this process took too long. Nothing was written."""


class CommitUnknown(sa.exc.TimeoutError):
    """The commit did not end in time: it may go through, or not."""


class TransactionLost(sa.exc.SQLAlchemyError):
    """SQLite ended the transaction by itself (no room, a broken disk): nothing of it is kept."""


class NestedWrite(RuntimeError):
    """A write transaction was opened inside another one of the same thread."""


class _Round:
    """One transaction, from its first writer to its commit."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.began = monotonic()
        self.error: BaseException | None = None
        # Free when the round has ended. A lock, because an Event costs ten times as much to make.
        self._under_way = threading.Lock()
        self._under_way.acquire()

    def end(self, error: BaseException | None = None) -> None:
        self.error = error
        self._under_way.release()

    def wait(self, seconds: float) -> None:
        if not self._under_way.acquire(timeout=seconds):
            raise CommitUnknown(f"no commit within {seconds:g} s, it may go through")
        self._under_way.release()  # the next one that waits
        if self.error is not None:
            raise self.error


class SharedWriter:
    """Gives writers their permits; `connect` opens the connection that they share."""

    def __init__(
        self, connect: Callable[[], sa.Connection], *, wait_at_most: timedelta = WAIT_AT_MOST
    ) -> None:
        self._connect = connect
        self._patience = wait_at_most.total_seconds()
        self._writer: int | None = None
        """The thread that has the permit."""
        self._lock = threading.Lock()
        self._holder: threading.Lock | None = None
        """The lock of the writer that has the permit."""
        self._waiting: deque[threading.Lock] = deque()
        self._connection: sa.Connection | None = None
        self._round: _Round | None = None

    @property
    def waiting(self) -> int:
        """How many writers wait for a permit."""
        return len(self._waiting)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Take a permit; returns when what was written is durable."""
        with self._run_once():
            first = self._round is None
            own = self._round or self._begin()
            try:
                if not first:
                    _SAVEPOINT.run(own.connection)
                yield own.connection
                if not first:
                    _RELEASE.run(own.connection)
                elif not _goes_on(own.connection):
                    raise TransactionLost("SQLite ended the transaction before its commit")
            except BaseException as error:
                self._undo(own, error, alone=first)
                raise
            finally:
                self._leave(own)
        own.wait(self._patience)

    def close(self) -> None:
        """Give the connection back."""
        with self._run_once():
            self._discard()

    @contextmanager
    def _run_once(self) -> Iterator[None]:
        """Wait for a permit; first come, first served, which a lock alone does not promise.

        A writer that is interrupted while it waits (Ctrl-C) leaves the queue, or passes on the
        permit that it was just given.
        """
        me = threading.get_ident()
        if self._writer == me:
            raise NestedWrite("a write transaction inside a write transaction of the same thread")
        mine = threading.Lock()
        mine.acquire()
        try:
            with self._lock:
                if self._holder is None:
                    self._holder = mine
                    mine.release()
                else:
                    self._waiting.append(mine)
            if not mine.acquire(timeout=self._patience):
                raise WriterBusy(f"no permit to write within {self._patience:g} s")
            self._writer = me
            yield
        finally:
            if self._writer == me:
                self._writer = None
            while not self._step_out(mine):
                # Who was to commit this round has stepped out of the queue: nobody else will.
                self._leave(self._round)

    def _step_out(self, mine: threading.Lock) -> bool:
        """End a permit, or the wait for one; False when an open round has nobody to commit it."""
        with self._lock:
            if self._holder is not mine:
                if mine in self._waiting:
                    self._waiting.remove(mine)
            elif self._waiting:
                self._holder = self._waiting.popleft()
                self._holder.release()
            elif self._round is not None:
                return False
            else:
                self._holder = None
        return True

    def _begin(self) -> _Round:
        if self._connection is None:
            self._connection = self._connect()
        try:
            # SQLAlchemy has to know of the transaction that it is to commit. A deferred BEGIN would
            # fail with "database is locked" when it begins to write.
            self._connection.begin()
            _BEGIN.run(self._connection)
        except BaseException:
            self._discard()
            raise
        self._round = _Round(self._connection)
        return self._round

    def _undo(self, own: _Round, error: BaseException, *, alone: bool) -> None:
        """Undo a write; the one that was `alone` in its round so far ends the round."""
        try:
            if alone:
                self._round = None
                own.connection.rollback()
                return
            _UNDO.run(own.connection)
            _RELEASE.run(own.connection)
        except sa.exc.SQLAlchemyError:
            # A full disk ends the whole transaction, with the writes of the permits before.
            self._fail(own, error)

    def _leave(self, own: _Round | None) -> None:
        if own is None or self._round is not own:
            return
        if self._waiting and monotonic() - own.began < LONGEST:
            return
        self._round = None
        try:
            own.connection.commit()
        except BaseException as error:
            self._fail(own, error)
        else:
            own.end()

    def _fail(self, own: _Round, error: BaseException) -> None:
        self._round = None
        self._discard()
        own.end(error)

    def _discard(self) -> None:
        if self._connection is not None:
            self._connection.close()  # rolls back what is open
            self._connection = None


def _goes_on(connection: sa.Connection) -> bool:
    """Tell whether SQLite still has the transaction open.

    After some errors it has none any more, and a commit of nothing succeeds: a caller that caught
    the error would take its rows for durable.
    """
    line: Any = connection.connection.dbapi_connection
    return bool(line.in_transaction)
