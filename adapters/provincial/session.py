"""The session that the province gives at login: one for all threads, renewed by one of them."""

import threading
from collections.abc import Callable

from hub.rules.errors import DeliveryFailure


class Session:
    """Holds the present session; `log_in` gets a new one or raises DeliveryFailure."""

    def __init__(self, log_in: Callable[[], str]) -> None:
        self._log_in = log_in
        self._lock = threading.Lock()
        self.present = ""
        """Empty before the first login and after one that failed."""
        self._logins = 0
        """How many logins have ended, well or not."""
        self._failure: DeliveryFailure | None = None
        """How the last one failed."""

    def get(self) -> str:
        """Return the present session, logging in when there is none."""
        return self.present or self.renew("")

    def renew(self, over: str) -> str:
        """Return a session other than the one that is over.

        Threads that find the same session over share one login, and its failure: a province that
        is slow to refuse would otherwise be asked by each of them in turn.
        """
        before = self._logins
        with self._lock:
            if self.present and self.present != over:
                return self.present
            if self._logins != before and self._failure is not None:
                raise self._failure.as_kind(type(self._failure))
            self.present = ""
            try:
                self.present = self._log_in()
                self._failure = None
            except DeliveryFailure as failure:
                self._failure = failure
                raise
            finally:
                self._logins += 1
            return self.present
