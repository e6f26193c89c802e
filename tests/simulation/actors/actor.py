"""One who acts in a story now and then, in a process of the hub that lives."""

import random
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from hub.operations.signed_by import SignedBy
from tests.simulation.partners.protocol import Partner
from tests.simulation.world.process import Process


class NothingToDo(Exception):
    """There is nothing that a verb could be about."""


class Actor:
    """An actor: adds its own lines to the story's events."""

    name = ""
    acts = True
    """Whether chance is asked for its turns."""

    @property
    def share(self) -> float:
        """Probability, 0 to 1, that it acts in a round."""
        return 0.0

    def act(self, process: Process) -> int:  # noqa: ARG002 - for those who act
        """Do one thing; return 0 where there was nothing to do. A crash of the process passes."""
        return 0

    def ruled(self) -> AbstractContextManager[None]:
        """Return what is in force while the story is played."""
        return nullcontext()

    def happen(self) -> None:
        """Let happen what nobody orders, between two rounds."""

    def end(self) -> None:
        """Do what is left when everything has come to rest; raises Broken."""


def one_of(draw: random.Random, process: Process, query: str) -> tuple[Any, ...]:
    """Return one row of what a question brings now; raises NothingToDo where it brings none."""
    with process.store.read() as tx:
        rows = sorted(tuple(row) for row in tx.exec_driver_sql(query))
    if not rows:
        raise NothingToDo
    return draw.choice(rows)


def require_untouched(partner: Partner, message_id: str) -> None:
    """Raise NothingToDo where a partner has an effect of a message, or may have one soon."""
    if partner.has(message_id) or partner.is_at_work_on(message_id):
        raise NothingToDo


def signed(process: Process, actor: str, reason: str) -> SignedBy:
    """Return who does something at this process, why and when."""
    return {"actor": actor, "reason": reason, "now": process.clock()}
