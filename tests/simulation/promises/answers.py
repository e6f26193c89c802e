"""What partners have answered: it decides what the hub may leave to a person, and why.

Promise 9 is checked with it at the end of a story: what is dead was refused so by its partner, or
was tried as often as may be, or a person has said that its partner's unknown code refuses it; what
is left to a person could not be asked about, or was.
"""

from collections import defaultdict
from collections.abc import Set
from typing import TYPE_CHECKING, Any

from hub.ports import Destination, Request
from hub.rules import poison
from hub.rules.failures.fault_codes import CALL_REFUSED, QUERY_REFUSED
from hub.store.deliveries import doubts
from hub.store.engine.store import Tx
from tests.simulation.promises.listener import Listener
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.process import POLICY

if TYPE_CHECKING:
    from tests.simulation.story import Story

_LEFT = (
    "SELECT id, destination, message_id, state, code, partner_code, counted FROM deliveries "
    "WHERE state = 'dead' OR state = 'ambiguous' AND next_attempt_at IS NULL ORDER BY id"
)
_UNKNOWN = {"reply_unknown_code", QUERY_REFUSED}
"""How it is kept that a partner answered with a code that no table knows."""
_REFUSING = "SELECT object FROM audit WHERE action = 'fault.classify.permanent' ORDER BY seq"
"""Partner and code, with "/" between: what a person has said of an unknown code."""


class Answers(Listener):
    """Remembers the codes with which partners answered."""

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
            said = [it.split("/") for it in tx.exec_driver_sql(_REFUSING).scalars()]
            refusing = {(it[0], it[-1]) for it in said}
            for row in tx.exec_driver_sql(_LEFT).all():
                if row.state == "ambiguous":
                    self._require_asked(tx, row)
                else:
                    self._require_cause(row, refusing)

    def _require_asked(self, tx: Tx, row: Any) -> None:
        """Require that it was asked about where it can be, if the processes outlived asking."""
        if not self._findable[row.destination]:
            return
        asked = self._codes[row.destination, row.message_id, "find"]
        if not asked and not poison.queries_are_poison(doubts.queries_unended(tx, row.id)):
            raise _broken(row, f"was left to a person, {row.destination} was not asked")

    def _require_cause(self, row: Any, refusing: Set[tuple[str, str]]) -> None:
        sent = self._codes[row.destination, row.message_id, "send"]
        asked = self._codes[row.destination, row.message_id, "find"]
        if row.code == "attempts_exhausted":
            if row.counted < POLICY.attempts:
                raise _broken(row, f"has {row.counted} of {POLICY.attempts} attempts")
        elif row.code not in sent:
            by_person = row.code == CALL_REFUSED and (row.destination, row.partner_code) in refusing
            if not (by_person and _UNKNOWN & (sent | asked)):
                raise _broken(row, f"was answered by {row.destination} with {sorted(sent)}")


def _broken(row: Any, what: str) -> Broken:
    left = f"delivery {row.id}, which is {row.state} ({row.code}), {what}"
    return Broken(Promise.ALL_FINAL, left)
