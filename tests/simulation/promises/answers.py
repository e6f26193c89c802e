"""What partners have answered: it decides what the hub may leave to a person, and why.

Promise 9 is checked with it at the end of a story: what is dead was refused so by its partner, or
was tried as often as may be; what is left to a person could not be asked about, or was.
"""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from hub.ports import Destination, Request
from tests.simulation.promises.listener import Listener
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.process import POLICY

if TYPE_CHECKING:
    from tests.simulation.story import Story

_LEFT = (
    "SELECT id, destination, message_id, state, code, attempts FROM deliveries "
    "WHERE state = 'dead' OR state = 'ambiguous' AND next_attempt_at IS NULL ORDER BY id"
)


class Answers(Listener):
    """Remembers the codes with which partners answered."""

    acts = False

    def __init__(self, stage: "Story") -> None:
        super().__init__(stage.partners)
        self.stage = stage
        self._findable: dict[str, bool] = {}
        self._codes: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)

    def answered(self, partner: str, kind: str, request: Request, code: str) -> None:
        """Remember it."""
        self._codes[partner, request.message_id, kind].add(code)

    def attached(self, destination: Destination) -> None:
        """Remember whether it can be asked."""
        self._findable[destination.name] = destination.traits.findable

    def end(self) -> None:
        """Require a cause for all that is left to persons; raises Broken."""
        with self.stage.store.read() as tx:
            for row in tx.exec_driver_sql(_LEFT):
                self._require_cause(row)

    def _require_cause(self, row: Any) -> None:
        sent = self._codes[row.destination, row.message_id, "send"]
        asked = self._codes[row.destination, row.message_id, "find"]
        left = f"delivery {row.id} is {row.state} ({row.code})"
        if row.state == "ambiguous":
            if self._findable[row.destination] and not asked:
                raise _broken(f"{left}: it was left to a person and {row.destination} not asked")
        elif row.code == "attempts_exhausted":
            if row.attempts < POLICY.attempts:
                raise _broken(f"{left} after {row.attempts} of {POLICY.attempts} attempts")
        elif row.code not in sent:
            raise _broken(f"{left}, {row.destination} answered {sorted(sent)}")


def _broken(what: str) -> Broken:
    return Broken(Promise.ALL_FINAL, what)
