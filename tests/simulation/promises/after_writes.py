"""What must hold after every write to the database in memory, checked of what was written."""

from tests.simulation.database.observer import Reader
from tests.simulation.promises import statements
from tests.simulation.promises.promise import Broken, Promise

_TOUCHED = "id IN (SELECT id FROM sim_touched WHERE seq > :seen)"
_SENT = "id IN (SELECT id FROM sim_touched WHERE seq > :seen AND was = 'sending')"
_LANES = f"lane IN (SELECT lane FROM deliveries WHERE {_TOUCHED})"  # noqa: S608 - written here
_OF_TOUCHED = " UNION ALL ".join(
    (
        statements.without_next_time(_TOUCHED),
        statements.waits_too_long(_SENT),
        statements.wrongly_settled(_TOUCHED),
        statements.held_behind_nothing(_LANES),
        statements.two_open(_LANES),
    )
)
_KEPT = f"off <> 0 AND state IN ({statements.FINAL_STATES})"
_HANDLED, _OFF, _ACCEPTED, _LAST = "handled", "off", "accepted", "last"
_COUNTED = f"""
SELECT '{_HANDLED}', message_id, '', times FROM sim_handled WHERE times > 1
UNION ALL
SELECT '{_OFF}', destination, state, off FROM sim_balance WHERE {_KEPT}
UNION ALL
SELECT '{_ACCEPTED}', a.destination, '', a.off FROM sim_balance a
LEFT JOIN sim_balance b ON b.destination = a.destination AND b.state = 'archived'
WHERE a.state = 'accepted' AND a.off <> coalesce(b.off, 0)
UNION ALL
SELECT '{_LAST}', '', '', coalesce(max(seq), 0) FROM sim_touched
"""  # noqa: S608 - written here
"""What is wrong with what triggers counted; the last row is the newest write to a delivery."""


class AfterWrites:
    """Checks what was written since the last check."""

    def __init__(self, observer: Reader) -> None:
        self.observer = observer
        self._seen = 0

    def check(self) -> None:
        """Raise Broken where something does not hold."""
        *wrong, (_, _, _, last) = self.observer.rows(_COUNTED)
        for what, about, state, count in wrong:
            raise _broken(what, about, state, count)
        if last == self._seen:
            return
        for number, problem in self.observer.rows(_OF_TOUCHED, seen=self._seen):
            raise Broken(Promise(number), problem)
        self._seen = last


def _broken(what: str, about: str, state: str, count: int) -> Broken:
    if what == _HANDLED:
        return statements.handled_again(about, count)
    if what == _OFF:
        return statements.count_is_off(about, state, count)
    there = f"{about} accepted {count} more than there are and were archived"
    return Broken(Promise.COUNTS_EXACT, there)
