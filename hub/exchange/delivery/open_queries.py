"""Open questions: those to a partner that are under way, and that ended without an answer written.

A question that never ended counts as an end of the process while it was asked, and after some of
those the hub asks no more. A stop, a store that is away and a fault in writing an answer down end
no process: such a question is closed without an answer. Where the store cannot be told, a note
stays in a folder of this machine, and the next start there closes the question. Nothing more is
promised: a process on another machine finds no note, and counts the question as an end.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from hub.ports import Clock
from hub.rules.failures.error_summary import describe_error
from hub.runtime.telemetry import Event, log
from hub.store.deliveries import attempts
from hub.store.deliveries.transitions import Claimed
from hub.store.engine.store import Store, is_away

OpenQuery = tuple[int, int]
"""Number of a delivery, and of the attempt that the question is."""
STOPPED = "stopped"
"""Outcome of a question that was closed without an answer."""


class OpenQueries:
    """The questions that one process has under way to one destination.

    Belongs to one thread, except for `close`.
    """

    def __init__(
        self, store: Store, destination: str, *, clock: Clock, notes: Path | None = None
    ) -> None:
        """`notes`: the folder for notes; without it none are left."""
        self._store = store
        self._clock = clock
        self._notes = notes
        self._role = f"reconcile.{destination}"
        self._prefix = f"question-{destination}-"
        self._open: set[OpenQuery] = set()

    def opened(self, claims: Iterable[Claimed]) -> None:
        """Note that questions are under way."""
        self._open |= {(claim.id, claim.attempts) for claim in claims}

    def answered(self, claim: Claimed) -> None:
        """Note that what came of a question is written."""
        self._open.discard((claim.id, claim.attempts))

    def close(self) -> None:
        """Close every question that is still open; a process that can do this has not died."""
        left, self._open = self._open, set()
        if not left:
            return
        try:
            self._finish(left)
        except Exception as error:
            if not is_away(error):
                raise
            log.error(Event.STORE_LOST, role=self._role, error=describe_error(error))
            self._leave_notes(left)

    def close_noted(self) -> None:
        """Close what an earlier process of this machine could only leave notes about."""
        noted = dict(self._noted())
        if noted:
            self._finish(noted.values())
        for place in noted:
            place.unlink(missing_ok=True)

    def _finish(self, questions: Iterable[OpenQuery]) -> None:
        now = self._clock()
        ended = [
            attempts.Finished(delivery_id=id, number=number, kind="find", at=now, outcome=STOPPED)
            for id, number in sorted(questions)
        ]
        with self._store.write() as tx:
            attempts.finish(tx, ended)

    def _leave_notes(self, questions: Iterable[OpenQuery]) -> None:
        if self._notes is None:
            return
        with contextlib.suppress(OSError):
            self._notes.mkdir(mode=0o700, exist_ok=True)
            for id, number in questions:
                (self._notes / f"{self._prefix}{id}-{number}").touch(mode=0o600)

    def _noted(self) -> Iterable[tuple[Path, OpenQuery]]:
        if self._notes is None or not self._notes.is_dir():
            return
        for place in self._notes.glob(f"{self._prefix}*-*"):
            id, _, number = place.name.removeprefix(self._prefix).partition("-")
            if id.isdecimal() and number.isdecimal():
                yield place, (int(id), int(number))
