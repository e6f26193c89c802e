"""Keeps one connection up for its owner: dials with growing pauses, and drops what was lost.

Promises that `up` returns a ready session or raises BrokerUnavailable within its limit, and that
each connection has a session object of its own: what still arrives on an old connection cannot be
mistaken for news of the present one. A connection that is still being opened when the limit is over
goes on opening; the next call finds it.
"""

import itertools
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_any,
    stop_before_delay,
    stop_when_event_set,
    wait_random_exponential,
)
from tenacity.nap import sleep_using_event

from hub.broker.rabbit.link import Link
from hub.broker.rabbit.target import Target
from hub.ports import BrokerUnavailable

FIRST_PAUSE = timedelta(milliseconds=50)
LONGEST_PAUSE = timedelta(seconds=1)


class NotYet(BrokerUnavailable):
    """The limit is over, but nothing is wrong so far: the connection is still being opened."""


class BrokerSession(Protocol):
    """What is said over one connection."""

    def begin(self, link: Link, channel: Any) -> None:
        """Set the channel up, on the link's thread, and call `link.ready` when all is in place."""


S = TypeVar("S", bound=BrokerSession)


class BrokerDialer(Generic[S]):
    """The owner's way to the broker; belongs to one thread, except for `changed` and `woken`."""

    def __init__(self, target: Target, session: Callable[[int], S], *, purpose: str) -> None:
        self.changed = threading.Condition()
        """Notified whenever the link, or what came through it, changes."""
        self.woken = threading.Event()
        """Ends the pauses of `up`."""
        self._target = target
        self._new_session = session
        self._purpose = purpose
        self._numbers = itertools.count(1)
        self._present: tuple[Link, S] | None = None
        self._refusal = ""
        """Why the last connection of the present `up` was lost, "" when none was."""

    @property
    def is_up(self) -> bool:
        """Whether `up` would return at once."""
        return self._present is not None and self._present[0].is_ready

    def up(self, limit: timedelta) -> tuple[Link, S]:
        """Return what is ready; raises BrokerUnavailable or NotYet after `limit`, or when woken."""
        if self._present is not None and self._present[0].is_ready:
            return self._present
        self._refusal = ""
        deadline = time.monotonic() + limit.total_seconds()
        attempts = Retrying(
            retry=retry_if_exception_type(BrokerUnavailable),
            wait=wait_random_exponential(FIRST_PAUSE.total_seconds(), max=LONGEST_PAUSE),
            stop=stop_any(stop_before_delay(limit), stop_when_event_set(self.woken)),
            sleep=sleep_using_event(self.woken),
            reraise=True,
        )
        return attempts(self._dial, deadline)

    def _dial(self, deadline: float) -> tuple[Link, S]:
        if self._present is None or self._present[0].lost:
            self.drop()
            number = next(self._numbers)
            session = self._new_session(number)
            # The first connection to the first address; a lost one means: try the next node.
            parameters = self._target.parameters(self._purpose, number - 1)
            self._present = (Link(parameters, session.begin, changed=self.changed), session)
        link = self._present[0]
        with self.changed:
            self.changed.wait_for(
                lambda: link.is_ready or link.lost or self.woken.is_set(),
                max(0.0, deadline - time.monotonic()),
            )
        if link.is_ready:
            return self._present
        # A dial that follows a refusal and is still under way must not hide why it was refused.
        self._refusal = link.lost or self._refusal
        if self._refusal:
            raise BrokerUnavailable(f"{self._purpose}: {self._refusal}")
        raise NotYet(f"{self._purpose}: not connected yet")

    def drop(self) -> None:
        """Throw the connection away without waiting for its end."""
        present, self._present = self._present, None
        if present is not None:
            present[0].discard()

    def close(self) -> None:
        """Close the connection and wait for its end; safe to call twice."""
        present, self._present = self._present, None
        if present is not None:
            present[0].close()
