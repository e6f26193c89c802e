"""Whether a process is ready: whether each of its roles made a step lately, and since when not.

Reads what the roles say of themselves; asks no database, broker or partner, so an answer takes no
time. A role waits for a database that is away and goes on: that is no reason to start it again, so
the store's own trouble is told beside and makes the process not ready, not dead.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.runtime.role import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleProgress:
    """How one role does."""

    role: str
    stepped_at: datetime
    """When it last did a step of its work, or began."""
    trouble: str
    """Why it does not work, "" when it does."""


def progress(roles: Iterable[Role], *, now: datetime) -> list[RoleProgress]:
    """Return how each role does."""
    clock = time.monotonic()
    return [
        RoleProgress(
            role=role.name,
            stepped_at=now - timedelta(seconds=max(0.0, clock - role.beaten)),
            trouble="it was told to stop" if role.stopping.is_set() else role.trouble,
        )
        for role in roles
    ]


@dataclass(frozen=True, slots=True)
class Readiness:
    """What `/readyz` answers."""

    roles: Sequence[RoleProgress]
    store: str
    """What is wrong with the store's connections, "" when nothing is."""

    @property
    def ready(self) -> bool:
        """Whether every role works."""
        return not self.store and not any(it.trouble for it in self.roles)

    def document(self) -> dict[str, Any]:
        """Return what is answered, as JSON has it."""
        found: dict[str, Any] = {
            "ready": self.ready,
            "roles": [
                {
                    "role": it.role,
                    "ready": not it.trouble,
                    "since": it.stepped_at.isoformat(timespec="seconds"),
                }
                | ({"why": it.trouble} if it.trouble else {})
                for it in self.roles
            ],
        }
        return found | ({"store": self.store} if self.store else {})


def readiness(
    roles: Iterable[Role], *, now: datetime, store: Callable[[], str] = lambda: ""
) -> Readiness:
    """Return whether a process with these roles is ready; `store` tells the store's trouble."""
    return Readiness(progress(roles, now=now), store())
