"""What must hold of what is committed: after each step, and more of it between two rounds."""

from collections import Counter

from hub.rules.deliveries.states import FINAL
from tests.simulation.interleaving.database import PostgresObserver
from tests.simulation.promises import statements
from tests.simulation.promises.promise import Broken, Promise

_KEPT = {*FINAL, "accepted"}
_TOUCHED = "id = ANY(:touched)"
_WRONG = " UNION ALL ".join(
    (
        statements.without_next_time(_TOUCHED),
        statements.wrongly_settled(_TOUCHED),
        statements.two_open("true"),
        statements.behind_its_steps("true"),
    )
)
_FIRST_AND_HELD = statements.held_behind_nothing("true")


class Committed:
    """Takes out what the database has noted, and checks what it is about."""

    def __init__(self, observer: PostgresObserver) -> None:
        self._observer = observer
        self._off: Counter[tuple[str, str]] = Counter()
        self._handled: Counter[str] = Counter()
        self._left_by_crashes: set[str] = set()
        self.moves: Counter[tuple[str, str]] = Counter()

    def check(self) -> None:
        """Raise Broken where something does not hold."""
        touched = self._take()
        for (destination, state), off in self._off.items():
            if off and state in _KEPT:
                raise statements.count_is_off(destination, state, off)
        for message, times in self._handled.items():
            if times > 1:
                raise statements.handled_again(message, times)
        if touched:
            for number, wrong in self._observer.rows(_WRONG, touched=touched):
                raise Broken(Promise(number), wrong)

    def check_at_rest(self, *, crashed: bool) -> None:
        """Raise Broken where a lane stands still though nobody is in the middle of anything.

        Who cancels a held delivery lets the lane go on in a transaction of its own. Where a process
        has `crashed` before it, the timer does later; that it does is checked at the end.
        """
        found = {wrong for _, wrong in self._observer.rows(_FIRST_AND_HELD)}
        self._left_by_crashes &= found
        if crashed:
            self._left_by_crashes |= found
        for wrong in sorted(found - self._left_by_crashes):
            raise Broken(Promise.NEXT_TIME, wrong)

    def _take(self) -> list[int]:
        touched = set()
        rows = self._observer.rows("DELETE FROM sim_notes RETURNING kind, one, two, change")
        for kind, one, two, change in rows:
            match kind:
                case "touched":
                    touched.add(int(one))
                case "balance":
                    self._off[one, two] += change
                case "handled":
                    self._handled[one] += change
                case "move":
                    self.moves[one, two] += change
        return sorted(touched)
