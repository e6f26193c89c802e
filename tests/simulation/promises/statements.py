"""Questions to the database after each write, the same in memory and on PostgreSQL.

Each brings (number of the promise, what is wrong). `chosen` is the condition on what was written.
`behind_its_steps` is asked on PostgreSQL only: in memory transactions take turns, and none writes
over what another one has read.
"""

from hub.rules.deliveries.states import FINAL
from tests.simulation.promises.promise import Broken, Promise

FINAL_STATES = ", ".join(f"'{state}'" for state in sorted(FINAL))
_BEFORE = (
    "SELECT 1 FROM deliveries d WHERE d.destination = deliveries.destination AND "
    "d.lane = deliveries.lane AND d.settled_at IS NULL AND "
    "coalesce(d.place, d.id) < coalesce(deliveries.place, deliveries.id)"
)


def without_next_time(chosen: str) -> str:
    """What waits or is being sent, and nobody looks at it again."""
    return f"""
    SELECT {Promise.NEXT_TIME:d}, 'delivery ' || id || ' is ' || state || ' and has no next time'
    FROM deliveries WHERE {chosen} AND
    (state = 'waiting' AND next_attempt_at IS NULL OR state = 'sending' AND lease_until IS NULL)
    """  # noqa: S608 - written here


def wrongly_settled(chosen: str) -> str:
    """What is final and not settled, or the other way round."""
    return f"""
    SELECT {Promise.LEGAL_MOVES:d}, 'delivery ' || id || ' is ' || state || ', settled at ' ||
    coalesce(CAST(settled_at AS TEXT), 'never')
    FROM deliveries WHERE {chosen} AND (state IN ({FINAL_STATES})) <> (settled_at IS NOT NULL)
    """  # noqa: S608 - written here


def held_behind_nothing(chosen: str) -> str:
    """What is held although it is the first of its lane."""
    return f"""
    SELECT {Promise.NEXT_TIME:d}, 'delivery ' || id || ' is held and nothing is before it'
    FROM deliveries WHERE {chosen} AND state = 'held' AND settled_at IS NULL
    AND NOT EXISTS ({_BEFORE})
    """  # noqa: S608 - written here


def two_open(chosen: str) -> str:
    """Two of one lane that may go to the partner at once."""
    return f"""
    SELECT {Promise.EFFECTS_IN_ORDER:d}, count(*) || ' deliveries of ' || lane || ' to ' ||
    destination || ' are open'
    FROM deliveries WHERE {chosen} AND lane <> '' AND settled_at IS NULL AND state <> 'held'
    GROUP BY destination, lane HAVING count(*) > 1
    """  # noqa: S608 - written here


def behind_its_steps(chosen: str) -> str:
    """A dossier that does not have the status of the last step that was applied to it."""
    return f"""
    SELECT {Promise.RECORDS_KNOW:d}, number || ' has status ' || status || ', its last step is ' ||
    last FROM (SELECT number, status, (SELECT e.status FROM dossier_events e
        WHERE e.number = dossiers.number AND e.applied ORDER BY e.id DESC LIMIT 1) AS last
        FROM dossiers WHERE {chosen}) AS found
    WHERE status <> last
    """  # noqa: S608 - written here


def handled_again(message_id: str, times: int) -> Broken:
    """A message that the records have handled more than once."""
    return Broken(Promise.HANDLED_ONCE, f"message {message_id} was handled {times} times")


def count_is_off(destination: str, state: str, off: int) -> Broken:
    """A kept count that is not that of the rows."""
    what = f"the kept count of {state} for {destination} is off by {off}"
    return Broken(Promise.COUNTS_EXACT, what)
