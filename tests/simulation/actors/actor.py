"""One who acts in a story now and then, in a process of the hub that lives."""

import random
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.absence import PERSON_WAITS
from tests.simulation.partners.protocol import Partner
from tests.simulation.world.chance import Chance
from tests.simulation.world.process import Process


class NothingToDo(Exception):
    """There is nothing that a verb could be about."""


class Actor:
    """An actor: adds its own lines to the story's events."""

    name = ""

    @property
    def share(self) -> float:
        """Probability, 0 to 1, that it acts in a round; chance is not asked for 0."""
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


def require_absent(partner: Partner, message_id: str) -> None:
    """Raise NothingToDo where the partner's clerk sees an effect of a message.

    The clerk reads the ledger as it is now, and cannot know what is still under way.
    """
    if partner.has(message_id):
        raise NothingToDo


WAITS = PERSON_WAITS.total_seconds()
"""How long the runbook has a person wait before a call with an unknown effect is settled."""


class Doubts:
    """Since when a person knows of each doubt, by a watch that nobody sets."""

    def __init__(self, chance: Chance, draw: random.Random) -> None:
        self._chance, self._draw = chance, draw
        self._seen: dict[tuple[int, int | None], float] = {}

    @property
    def hub_clock_was_wrong(self) -> bool:
        """Whether a clock of the hub was set wrong: its own guard goes by its clocks."""
        return bool(self._chance.met["fault clock set"])

    def waited(self, id: int, since: int | None, *, elapsed: float) -> bool:
        """Tell whether a person decides now about a delivery that is in doubt since then.

        As long as the hub's clocks are right many do not wait: the hub refuses what comes too soon.
        """
        if since is None:
            return True
        seen = self._seen.setdefault((id, since), elapsed)
        is_hasty = not self.hub_clock_was_wrong and self._draw.random() < 0.7
        return is_hasty or elapsed - seen >= WAITS


def signed(process: Process, actor: str, reason: str) -> SignedBy:
    """Return who does something at this process, why and when."""
    return {"actor": actor, "reason": reason, "now": process.clock()}
