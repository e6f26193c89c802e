"""What must hold of what is committed, whatever is under way: checked after each step."""

from collections import Counter

from hub.rules.deliveries.states import FINAL
from tests.simulation.interleaving.database import PostgresObserver
from tests.simulation.invariants import Broken

# Trap: that a lane is free and its next one held is committed for a moment, and for longer after a
# crash: who cancels a held delivery lets the lane go on in a transaction of its own, and the timer
# does where that did not come. That it goes on at all is checked at the end.
_KEPT = {*FINAL, "accepted"}
_FINAL = ", ".join(f"'{state}'" for state in sorted(FINAL))
_WRONG = f"""
SELECT '7: delivery ' || id || ' is ' || state || ' and has no next time' FROM deliveries
WHERE id = ANY(:touched)
AND (state = 'waiting' AND next_attempt_at IS NULL OR state = 'sending' AND lease_until IS NULL)
UNION ALL
SELECT '5: delivery ' || id || ' is ' || state || ', settled at ' ||
coalesce(CAST(settled_at AS TEXT), 'never')
FROM deliveries WHERE id = ANY(:touched) AND (state IN ({_FINAL})) <> (settled_at IS NOT NULL)
UNION ALL
SELECT '2: ' || count(*) || ' deliveries of ' || lane || ' to ' || destination || ' are open'
FROM deliveries WHERE lane <> '' AND settled_at IS NULL AND state <> 'held'
GROUP BY destination, lane HAVING count(*) > 1
"""  # noqa: S608 - written here


class Committed:
    """Takes out what the database has noted, and checks what it is about."""

    def __init__(self, observer: PostgresObserver) -> None:
        self._observer = observer
        self._off: Counter[tuple[str, str]] = Counter()
        self._handled: Counter[str] = Counter()
        self.moves: Counter[tuple[str, str]] = Counter()

    def check(self) -> None:
        """Raise Broken where something does not hold."""
        touched = self._take()
        for (destination, state), off in self._off.items():
            if off and state in _KEPT:
                raise Broken(f"4: the kept count of {state} for {destination} is off by {off}")
        for message, times in self._handled.items():
            if times > 1:
                raise Broken(f"12: message {message} was handled {times} times")
        if touched:
            for (wrong,) in self._observer.rows(_WRONG, touched=touched):
                raise Broken(wrong)

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
