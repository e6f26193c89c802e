"""A role that works off what persons order, one piece at a time, under a lease.

Lease and progress stand in the store, so after a restart a process goes on with what was ordered. A
worker that has lost its lease, or whose process ends, learns of it when it says how far it is.
"""

import secrets
import time
from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from hub.ports import Clock
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.store.engine.store import Store, Tx

SIGN_OF_LIFE = 1.0
"""Seconds after which a worker writes how far it is."""
WorkT = TypeVar("WorkT", covariant=True)


class LeaseLost(Exception):
    """Another process does the work, it was cancelled, or this process ends."""


class Claims(Protocol[WorkT]):
    """The work of one kind in the store; a module of `hub/store/repair` is one."""

    def is_some_free(self, tx: Tx, *, now: datetime) -> bool:
        """Return whether something waits for a worker."""

    def claim(self, tx: Tx, worker: str, *, now: datetime) -> WorkT | None:
        """Claim what is first; None for none."""


class LeasedWork(Role):
    """Claims one piece of work after another."""

    patience = 300.0
    poll = 1.0
    """Seconds between two checks for work."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        super().__init__()
        self.store, self.clock = store, clock
        self.worker = secrets.token_hex(8)

    @abstractmethod
    def step(self) -> bool:
        """Work one piece off as far as it goes now; return whether there was one."""

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            if not retry_while_unavailable(self, self.step):
                self.wakeup.wait(self.poll)

    def claimed(self, claims: Claims[WorkT]) -> WorkT | None:
        """Claim what is first, None for none. Without work nothing is locked."""
        now = self.clock()
        with self.store.read() as tx:
            if not claims.is_some_free(tx, now=now):
                return None
        with self.store.write() as tx:
            return claims.claim(tx, self.worker, now=now)

    def progress(self, extend: Callable[[Tx, int, int], bool]) -> Callable[[int, int], None]:
        """Return what the work calls with how far it is: done, of how many. It raises LeaseLost.

        `extend` writes that and extends the lease; it returns whether the lease was still held.
        """
        written = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal written
            self.beat()
            if self.stopping.is_set():
                raise LeaseLost
            if time.monotonic() - written < SIGN_OF_LIFE:
                return
            written = time.monotonic()
            with self.store.write() as tx:
                if not extend(tx, done, total):
                    raise LeaseLost

        return progress
