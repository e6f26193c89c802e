"""Turns: the writers of one process share SQLite's one write transaction and its one sync.

SQLite lets one writer in at a time, and a commit costs a sync of the disk, whatever stands in it.
So writers take turns inside one open transaction, each in a savepoint of its own: one that fails
leaves nothing behind and harms nobody. Whoever ends a turn while nobody waits for the next (or when
the round is old enough) commits for all. No writer returns before that commit; where the commit
fails, it fails for every writer of the round.

Every wait has an end: a writer that gets no turn has written nothing (TurnLate), one that does not
see its commit does not know (CommitUnknown); both count as an absence of the database. A write
inside a write of the same thread would wait for itself: it raises NestedWrite.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

import sqlalchemy as sa

from hub.store.statements.compiled import Compiled

_SAVEPOINT = Compiled(sa.text("SAVEPOINT turn"))
_RELEASE = Compiled(sa.text("RELEASE turn"))
_UNDO = Compiled(sa.text("ROLLBACK TO turn"))
LONGEST = 0.012
"""Seconds after which a round is committed although others wait: the first one waits too."""


WAIT_AT_MOST = timedelta(seconds=60)
"""For a turn, and for the commit of a round: twice what SQLite waits for another process."""


class WriterBusy(sa.exc.TimeoutError):
    """Other writers of this process took too long. Nothing was written."""


class CommitUnknown(sa.exc.TimeoutError):
    """The commit did not end in time: it may go through, or not."""


class NestedWrite(RuntimeError):
    """A write transaction was opened inside another one of the same thread."""


class _Round:
    """One transaction, from its first writer to its commit."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.began = monotonic()
        self.error: BaseException | None = None
        self._ended = threading.Event()

    def end(self, error: BaseException | None = None) -> None:
        self.error = error
        self._ended.set()

    def wait(self, seconds: float) -> None:
        if not self._ended.wait(seconds):
            raise CommitUnknown(f"no commit within {seconds:g} s, it may go through")
        if self.error is not None:
            raise self.error


class SharedWriter:
    """Gives writers their turns; `connect` opens the connection that they share."""

    def __init__(
        self, connect: Callable[[], sa.Connection], *, wait_at_most: timedelta = WAIT_AT_MOST
    ) -> None:
        self._connect = connect
        self._patience = wait_at_most.total_seconds()
        self._writer: int | None = None
        """The thread whose turn it is."""
        self._lock = threading.Lock()
        self._turn_of: threading.Lock | None = None
        """The lock of the writer whose turn it is."""
        self._waiting: deque[threading.Lock] = deque()
        self._connection: sa.Connection | None = None
        self._round: _Round | None = None

    @property
    def waiting(self) -> int:
        """How many writers wait for their turn."""
        return len(self._waiting)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Take a turn; returns when what was written is durable."""
        with self._run_once():
            own = self._round or self._begin()
            try:
                _SAVEPOINT.run(own.connection)
                yield own.connection
                _RELEASE.run(own.connection)
            except BaseException as error:
                self._undo(own, error)
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
        """Wait for a turn; first come, first served, which a lock alone does not promise.

        Whoever is interrupted while it waits (Ctrl-C) steps out of the queue, or passes on the turn
        that it was just given.
        """
        me = threading.get_ident()
        if self._writer == me:
            raise NestedWrite("a write transaction inside a write transaction of the same thread")
        mine = threading.Lock()
        mine.acquire()
        try:
            with self._lock:
                if self._turn_of is None:
                    self._turn_of = mine
                    mine.release()
                else:
                    self._waiting.append(mine)
            if not mine.acquire(timeout=self._patience):
                raise WriterBusy(f"no turn to write within {self._patience:g} s")
            self._writer = me
            yield
        finally:
            if self._writer == me:
                self._writer = None
            while not self._step_out(mine):
                # Who was to commit this round has stepped out of the queue: nobody else will.
                self._leave(self._round)

    def _step_out(self, mine: threading.Lock) -> bool:
        """End a turn, or the wait for one; False when a round is open that nobody would commit."""
        with self._lock:
            if self._turn_of is not mine:
                if mine in self._waiting:
                    self._waiting.remove(mine)
            elif self._waiting:
                self._turn_of = self._waiting.popleft()
                self._turn_of.release()
            elif self._round is not None:
                return False
            else:
                self._turn_of = None
        return True

    def _begin(self) -> _Round:
        if self._connection is None:
            self._connection = self._connect()
        try:
            # A deferred BEGIN would fail with "database is locked" when it turns to writing. Not
            # prepared: SQLAlchemy has to know of the transaction that it is to commit.
            self._connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            self._discard()
            raise
        self._round = _Round(self._connection)
        return self._round

    def _undo(self, own: _Round, error: BaseException) -> None:
        try:
            _UNDO.run(own.connection)
            _RELEASE.run(own.connection)
        except sa.exc.SQLAlchemyError:
            # A full disk ends the whole transaction, with the turns that were taken before.
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
