"""Open questions: those to a partner that are under way, and that ended without an answer written.

A query that never ended counts as a crash of the process while it was made, and after some of those
the hub queries no more (`hub/rules/poison.py`). A stop, a store that is away and a fault in writing
an answer down are no crash: such a query is closed without an answer. Where the store cannot be
told, a shutdown marker stays on this machine, and the next start there closes the query.
"""

from collections.abc import Iterable
from pathlib import Path

from hub.exchange.isolation.shutdown_markers import ShutdownMarkers
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
        self, store: Store, destination: str, *, clock: Clock, markers: Path | None = None
    ) -> None:
        """`markers`: the folder for shutdown markers; without it none are left."""
        self._store = store
        self._clock = clock
        self._role = f"reconcile.{destination}"
        self._markers = ShutdownMarkers(markers, f"query-{destination}")
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
            for id, number in left:
                self._markers.leave(str(id), number)

    def close_marked(self) -> None:
        """Close what an earlier process of this machine could only leave markers of."""
        left = self._markers.left() + self._markers.left_by_last_release()
        if left:
            self._finish((int(marker.key), marker.number) for marker in left)
        for marker in left:
            marker.forget()

    def _finish(self, questions: Iterable[OpenQuery]) -> None:
        now = self._clock()
        ended = [
            attempts.Finished(delivery_id=id, number=number, kind="find", at=now, outcome=STOPPED)
            for id, number in sorted(questions)
        ]
        with self._store.write() as tx:
            attempts.finish(tx, ended)
