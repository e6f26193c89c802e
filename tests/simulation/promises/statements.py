"""Questions to the database after each write, the same in memory and on PostgreSQL.

Each brings (number of the promise, what is wrong). `chosen` is the condition on what was written.
`behind_its_steps` is asked on PostgreSQL only: in memory transactions take turns, and none writes
over what another one has read. `waits_too_long` is asked in memory only, where a trigger notes what
a delivery was before.
"""

from datetime import timedelta

from hub.rules.deliveries.states import FINAL
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.process import POLICY

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


def _longest_waits() -> str:
    """Return the longest wait after so many counted attempts, in microseconds, jitter included."""
    wait = POLICY.first_wait
    whens: list[str] = []
    while wait < POLICY.longest_wait:
        whens.append(f"WHEN {len(whens) + 1} THEN {_with_jitter(wait)}")
        wait *= 2
    return f"CASE counted {' '.join(whens)} ELSE {_with_jitter(POLICY.longest_wait)} END"


def _with_jitter(wait: timedelta) -> int:
    return wait * (1 + POLICY.jitter) // timedelta(microseconds=1)


def waits_too_long(chosen: str) -> str:
    """What waits for longer than its attempts ask, after a call that did not reach its partner.

    Other failures may bring the partner's wish with them. `chosen` names what was being sent: a
    replay has another time.
    """
    return f"""
    SELECT {Promise.NEXT_TIME:d}, 'delivery ' || id || ' waits ' || (next_attempt_at - since) ||
    ' microseconds after ' || counted || ' attempts'
    FROM (SELECT *, (SELECT finished_at FROM attempts a WHERE a.delivery_id = deliveries.id
        ORDER BY a.id DESC LIMIT 1) AS since FROM deliveries WHERE {chosen}) AS found
    WHERE state = 'waiting' AND code = 'partner_unreachable' AND
    next_attempt_at - since > {_longest_waits()}
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
