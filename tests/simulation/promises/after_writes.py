"""What must hold after every write to the database in memory, checked of what was written."""

from tests.simulation.database.observer import Reader
from tests.simulation.promises import statements
from tests.simulation.promises.promise import Broken, Promise

_TOUCHED = "id IN (SELECT id FROM sim_touched WHERE seq > :seen)"
_LANES = f"lane IN (SELECT lane FROM deliveries WHERE {_TOUCHED})"  # noqa: S608 - written here
_OF_TOUCHED = " UNION ALL ".join(
    (
        statements.without_next_time(_TOUCHED),
        statements.wrongly_settled(_TOUCHED),
        statements.held_behind_nothing(_LANES),
        statements.two_open(_LANES),
    )
)
_REPEATED = "SELECT message_id, times FROM sim_handled WHERE times > 1"
_KEPT = f"off <> 0 AND state IN ({statements.FINAL_STATES})"
_OFF = f"SELECT destination, state, off FROM sim_balance WHERE {_KEPT}"  # noqa: S608 - written here
_NEITHER_THERE_NOR_ARCHIVED = """
SELECT a.destination, a.off FROM sim_balance a
LEFT JOIN sim_balance b ON b.destination = a.destination AND b.state = 'archived'
WHERE a.state = 'accepted' AND a.off <> coalesce(b.off, 0)
"""


class AfterWrites:
    """Checks what was written since the last check."""

    def __init__(self, observer: Reader) -> None:
        self.observer = observer
        self._seen = 0

    def check(self) -> None:
        """Raise Broken where something does not hold."""
        rows = self.observer.rows
        for message_id, times in rows(_REPEATED):
            raise statements.handled_again(message_id, times)
        for destination, state, off in rows(_OFF):
            raise statements.count_is_off(destination, state, off)
        for destination, off in rows(_NEITHER_THERE_NOR_ARCHIVED):
            what = f"{destination} accepted {off} more than there are and were archived"
            raise Broken(Promise.COUNTS_EXACT, what)
        ((last,),) = rows("SELECT max(seq) FROM sim_touched")
        if last is None or last == self._seen:
            return
        for number, wrong in rows(_OF_TOUCHED, seen=self._seen):
            raise Broken(Promise(number), wrong)
        self._seen = last
