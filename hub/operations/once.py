"""Does what a form asks for once, however often its button is clicked, in whatever process.

The form's id is taken first, then the act is done, then its outcome is kept: so an act may call
partners and take several transactions. The second click waits for the first and gets its outcome.
Where a process ends in between, the outcome stays unknown and the act is not done again: the form
says so, and what it was about shows how it is. An act that raises had no effect, unless it lost the
database on its way.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from hub.store.engine.store import Store, StoreUnavailable
from hub.store.users import sent_forms
from hub.store.users.sent_forms import SentForm
from hub.texts import Text

PATIENCE = timedelta(seconds=30)
"""How long a second click waits for the first."""


class _UnderWay:
    """The forms that this process is carrying out."""

    def __init__(self) -> None:
        self._done: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def enter(self, id: str) -> threading.Event | None:
        """Return None for the first; for another one what it has to wait for."""
        with self._lock:
            known = self._done.get(id)
            if known is None:
                self._done[id] = threading.Event()
            return known

    def leave(self, id: str) -> None:
        """Let those go on that wait."""
        with self._lock:
            self._done.pop(id).set()


_under_way = _UnderWay()


def once(
    store: Store, id: str, *, user: str, clock: Callable[[], datetime], act: Callable[[], Text]
) -> SentForm:
    """Do the act unless its form was sent before; return the form with its outcome.

    Raises what the act raises; then nothing is kept, and the form can be sent again.
    """
    while True:
        other = _under_way.enter(id)
        if other is not None:
            other.wait(PATIENCE.total_seconds())
        else:
            try:
                with store.write() as tx:
                    is_first = sent_forms.begin(tx, id, user=user, now=clock())
                if is_first:
                    _carry_out(store, id, clock, act)
            finally:
                _under_way.leave(id)
        known = _known(store, id)
        if known is not None:
            return known
        # Another click had begun it, here or in another process, and gave it back: it is free.


def _carry_out(
    store: Store, id: str, clock: Callable[[], datetime], act: Callable[[], Text]
) -> None:
    try:
        outcome = act()
    except StoreUnavailable:
        raise  # what was written before is not known
    except BaseException:
        with store.write() as tx:
            sent_forms.give_back(tx, id)
        raise
    with store.write() as tx:
        sent_forms.end(tx, id, outcome=outcome, now=clock())


def _known(store: Store, id: str) -> SentForm | None:
    with store.read() as tx:
        return sent_forms.sent(tx, id)
