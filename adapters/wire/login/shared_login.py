"""The login at a partner: one for all threads, renewed by one of them, and not fought over.

Promises that at most one login is under way, however many threads wait for it, that threads which
wait share its failure, and that a login which is over is not handed out again. `made` makes a call
with it: a call that was refused because the login is over is made once more with a new one, where
the refusal proves that nothing was done; nothing else is repeated.

Another program on the same account ends our login with each login of its own, as ours ends its.
Logins that are lost again and again within seconds are therefore followed by longer and longer
pauses, in which every call is held with `partner_session`.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from adapters.wire.login.login_end import LoginEnd
from hub.rules.calls.backoff import doubled
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    TransientFailure,
)

Reply = TypeVar("Reply")
SOON = timedelta(seconds=10)
"""A login that is refused earlier than this after it was given was taken away, not used up."""
FEW = 5
"""A login that carried so many calls was worth its making, however soon it was lost."""
IN_A_ROW = 3
"""Logins lost so soon, one after the other, until pauses begin."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a partner gave at login."""

    token: str
    lifetime: timedelta | None = None
    """How long it is used; None: until it is refused."""


@dataclass(slots=True)
class _Present:
    """The present login."""

    granted: Granted
    since: float
    carried: int = 0
    """Calls that it carried."""


class Login:
    """Holds the present login; `log_in` makes a new one or raises DeliveryFailure.

    `clock` gives seconds that nobody can set.
    """

    def __init__(
        self, log_in: Callable[[], Granted], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._log_in = log_in
        self._clock = clock
        self._lock = threading.Lock()
        self._present: _Present | None = None
        """None before the first login and after one that failed."""
        self._logins = 0
        """How many logins have ended, well or not."""
        self._failure: DeliveryFailure | None = None
        """How the last one failed."""
        self._lost = 0
        """Logins that were lost within seconds, in a row."""
        self._counted = ""
        """The token of the last of them."""
        self._not_before = 0.0
        """Before this there is no new login."""

    @property
    def present(self) -> str:
        """The present token, "" when there is none."""
        present = self._present
        return present.granted.token if present else ""

    def get(self) -> str:
        """Return the present token, logging in when there is none that is good."""
        present = self._present
        return present.granted.token if present and self._is_good(present) else self.renew("")

    def renew(self, over: str, *, lost: bool = True) -> str:
        """Return a token other than the one that is over; `lost`: it may have been taken away.

        Threads that find the same login over share one new one, and its failure: a partner that is
        slow to refuse would otherwise be asked by each of them, one after another.
        """
        before = self._logins
        with self._lock:
            present = self._present
            if present and present.granted.token != over and self._is_good(present):
                return present.granted.token
            if self._logins != before and self._failure is not None:
                raise self._failure.as_kind(type(self._failure))
            self._forget(over, lost=lost)
            self._refuse_while_paused()
            requested = self._clock()  # first: a token is good from when it was made
            try:
                granted = self._log_in()
                self._present, self._failure = _Present(granted, requested), None
            except DeliveryFailure as failure:
                self._failure = failure
                raise
            finally:
                self._logins += 1
            return granted.token

    def drop(self, over: str) -> None:
        """Have the next call log in anew: this token is over."""
        with self._lock:
            if self._present and self._present.granted.token == over:
                self._forget(over, lost=True)

    def made(
        self,
        call: Callable[[str], Reply],
        ended: Callable[[Reply], LoginEnd | None],
        *,
        harmless: bool = False,
    ) -> Reply:
        """Make a call with a token; `ended` tells of its reply whether the login is over.

        `harmless` calls change nothing at the partner and may be repeated in any case. Raises what
        `call` raises, AmbiguousFailure `reply_unreadable` where the refusal proves nothing, and,
        when a new login is refused as well, Held `partner_forbidden` or TransientFailure
        `partner_login`.
        """
        token = self.get()
        reply = call(token)
        end = ended(reply)
        if end is None:
            self._carried(token)
            return reply
        if not (end.certain or harmless):
            self.drop(token)
            raise AmbiguousFailure("reply_unreadable", f"{end.words}; the effect is unknown")
        old, soon = token, self._is_lost_soon(token)
        # A right that is missing is no contest: that shows only when the new login is refused, too.
        token = self.renew(old, lost=not end.denied)
        reply = call(token)
        again = ended(reply)
        if again is None:
            self._carried(token)
            if end.denied and soon:
                with self._lock:
                    self._count(old)
            return reply
        if again.denied:
            raise NotAttempted("partner_forbidden", f"{again.words}, under a new login too")
        self.drop(token)
        raise TransientFailure("partner_login", f"{again.words}, under a new login too")

    def _is_good(self, present: _Present) -> bool:
        lifetime = present.granted.lifetime
        return lifetime is None or self._clock() < present.since + lifetime.total_seconds()

    def _carried(self, token: str) -> None:
        present = self._present
        if present and present.granted.token == token:
            present.carried += 1  # a rough number: no lock for every call
            if present.carried >= FEW:
                self._lost = 0

    def _forget(self, over: str, *, lost: bool) -> None:
        """Give the present login up, and note when it was lost too soon; the lock is held."""
        present, soon = self._present, self._is_lost_soon(over)
        self._present = None
        if lost and present and present.granted.token == over:
            if soon:
                self._count(over)
            else:
                self._lost = 0

    def _is_lost_soon(self, over: str) -> bool:
        """Tell whether a login that is refused now was hardly used."""
        present = self._present
        if not present or present.granted.token != over:
            return False
        return self._clock() - present.since < SOON.total_seconds() and present.carried < FEW

    def _count(self, over: str) -> None:
        """Count a login that was lost within seconds, once, and pause after several in a row."""
        if over == self._counted:
            return
        self._counted = over
        self._lost += 1
        if self._lost >= IN_A_ROW:
            pause = doubled(FIRST_PAUSE, self._lost - IN_A_ROW, longest=LONGEST_PAUSE)
            self._not_before = self._clock() + pause.total_seconds()

    def _refuse_while_paused(self) -> None:
        left = self._not_before - self._clock()
        if left > 0:
            raise NotAttempted(
                "partner_session",
                f"{self._lost} logins were lost within {SOON.seconds} s each",
                retry_after=timedelta(seconds=left),
            )
