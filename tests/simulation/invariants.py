"""What must hold after every step of a story, and what must hold at its end.

1. No partner has an effect twice.
2. No partner gets an effect of a dossier before an older one of its lane.
3. Nothing that was acknowledged to its sender is forgotten.
4. The balance is exact: every message has its delivery, every kept count is that of the rows.
5. No delivery makes a move that the state table does not have (a trigger in the database).
6. A delivery counts as delivered only with evidence, and only if the partner has it.
7. What waits has a next time, a predecessor, or a person who is told.
8. The chains of evidence and of the audit are whole.
9. When faults have ceased and time goes on, every delivery is final or shown to a person.
10. The records know what they were told: each dossier, and that it was finished; but what is parked
    is shown to a person.
11. No step of a role ends with an error that is none of the story's.
12. No message is handled twice by the records.
13. What needs two persons is done by two, once, and as the first one saw it.
14. The archive loses nothing: its files are whole, and a dossier that comes back is what it was.
15. A hub whose database was put back from an old copy notices it and asks before it sends: 1 and 2
    hold for all that the copy knows, but where a decision of a person was lost. What only the lost
    database knew is told again, and reaches its end; a partner that has it may get it again
    (docs/runbook/operate.md).
16. No partner is called in its announced maintenance.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import sqlalchemy as sa

from hub.messages import catalog
from hub.rules.deliveries.states import FINAL, DeliveryState
from hub.store.conservation.proof import prove
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit, chain, verification
from tests.simulation.actors.office import Told
from tests.simulation.actors.partner import Effect
from tests.simulation.partners.protocol import Partner
from tests.simulation.world.observer import Reader

PROMISES = dict(re.findall(r"^(\d+)\. (.*)$", __doc__ or "", re.MULTILINE))
"""The sentences above by their numbers."""
S = DeliveryState
_STATES = "SELECT id, message_id, destination, type, lane, state, next_attempt_at FROM deliveries"

_PROVEN = (
    "SELECT delivery_id FROM handovers WHERE kind = 'person' OR outcome IN ('delivered', 'already')"
)
_FIRST = sa.text(
    f"{_STATES} WHERE destination = :to AND lane = :lane AND settled_at IS NULL "
    "ORDER BY coalesce(place, id), id LIMIT 1"
)
_BEFORE = (
    "SELECT 1 FROM deliveries d WHERE d.destination = deliveries.destination AND "
    "d.lane = deliveries.lane AND d.settled_at IS NULL AND "
    "coalesce(d.place, d.id) < coalesce(deliveries.place, deliveries.id)"
)
_PLACE = (
    "SELECT coalesce(place, id), lane FROM deliveries "
    "WHERE message_id = :message AND destination = :to"
)
_FINAL = ", ".join(f"'{state}'" for state in sorted(FINAL))
_OF_TOUCHED = f"""
SELECT '7: delivery ' || id || ' is ' || state || ' and has no next time' FROM deliveries
WHERE id IN (SELECT id FROM sim_touched WHERE seq > :seen)
AND (state = 'waiting' AND next_attempt_at IS NULL OR state = 'sending' AND lease_until IS NULL)
UNION ALL
SELECT '5: delivery ' || id || ' is ' || state || ', settled at ' || coalesce(settled_at, 'never')
FROM deliveries WHERE id IN (SELECT id FROM sim_touched WHERE seq > :seen)
AND (state IN ({_FINAL})) <> (settled_at IS NOT NULL)
UNION ALL
SELECT '7: delivery ' || id || ' is held and nothing is before it' FROM deliveries
WHERE state = 'held' AND settled_at IS NULL AND lane IN (
    SELECT lane FROM deliveries WHERE id IN (SELECT id FROM sim_touched WHERE seq > :seen)
) AND NOT EXISTS ({_BEFORE})
"""  # noqa: S608 - written here
_OF_ALL = f"""
SELECT '12: message ' || message_id || ' was handled ' || times || ' times' FROM sim_handled
WHERE times > 1
UNION ALL
SELECT '4: the kept count of ' || state || ' for ' || destination || ' is off by ' || off
FROM sim_balance WHERE off <> 0 AND state IN ({_FINAL})
UNION ALL
SELECT '4: ' || a.destination || ' accepted ' || a.off || ' more than there are and were archived'
FROM sim_balance a LEFT JOIN sim_balance b
ON b.destination = a.destination AND b.state = 'archived'
WHERE a.state = 'accepted' AND a.off <> coalesce(b.off, 0)
"""  # noqa: S608 - written here


class Broken(AssertionError):
    """An invariant does not hold."""


class Effects:
    """Checks 1 and 2 at the moment of each effect."""

    def __init__(self, observer: Reader) -> None:
        self.observer = observer
        self._latest: dict[tuple[str, str], int] = {}
        self._seen: set[tuple[str, str]] = set()
        self._lost: set[tuple[str, str]] = set()
        """What a lost database knew of and the copy does not: it may come again, in any order."""

    def go_back(self, lost: set[tuple[str, str]], decided: set[tuple[str, str]]) -> None:
        """Go on from an old copy of the database.

        `lost`: partner and message id of each delivery that only the lost database had; `decided`:
        partner and lane where a person has let others go ahead since the copy.
        """
        self._lost |= lost
        self._latest.clear()
        for partner, message_id in sorted(self._seen - self._lost):
            ((id, lane),) = self.observer.rows(_PLACE, message=message_id, to=partner)
            if (partner, lane) not in decided:
                self._latest[partner, lane] = max(id, self._latest.get((partner, lane), 0))

    def happened(self, partner: Partner, effect: Effect) -> None:
        """Check an effect; raises Broken."""
        key, lane = (partner.name, effect.message_id), (partner.name, effect.number)
        if key in self._lost:
            return
        if key in self._seen:
            raise Broken(f"1: {effect.type} of {effect.number} took effect twice at {partner.name}")
        self._seen.add(key)
        ((id, _),) = self.observer.rows(_PLACE, message=effect.message_id, to=partner.name)
        if id < self._latest.get(lane, 0):
            raise Broken(f"2: {effect.type} of {effect.number} came after a later one")
        self._latest[lane] = id


class Always:
    """Checks what must hold after every write, of what was written since the last check."""

    def __init__(self, observer: Reader) -> None:
        self.observer = observer
        self._seen = 0

    def check(self) -> None:
        """Raise Broken where something does not hold."""
        for (wrong,) in self.observer.rows(_OF_ALL):
            raise Broken(wrong)
        ((last,),) = self.observer.rows("SELECT max(seq) FROM sim_touched")
        if last is None or last == self._seen:
            return
        for (wrong,) in self.observer.rows(_OF_TOUCHED, seen=self._seen):
            raise Broken(wrong)
        self._seen = last


def check_proof(store: Store) -> None:
    """Check the balance by the product's own count of every row; raises Broken."""
    with store.read() as tx:
        proof = prove(tx, catalog.READERS)
    if not proof.good:
        raise Broken(f"4: {proof.problems or proof.balances}")


def check_end(
    store: Store, partners: Sequence[Partner], told: Told, settled: Mapping[int, str]
) -> None:
    """Check what must hold when everything has come to rest; raises Broken.

    `settled`: deliveries that a person settled, with how.
    """
    check_proof(store)
    if told.refused:
        raise Broken(f"10: the counter was refused: {told.refused[0]}")
    for partner in partners:
        if wrong := partner.check_end():
            raise Broken(f"1: {wrong}")
    by_name = {partner.name: partner for partner in partners}
    with store.read() as tx:
        proven = set(tx.exec_driver_sql(_PROVEN).scalars())
        for row in tx.exec_driver_sql(f"{_STATES} ORDER BY id"):
            _check_delivery(tx, row, by_name[row.destination], settled, proven)
        for problem in _forgotten(tx, told):
            raise Broken(problem)
        for problem in _unknown_to_records(tx, told):
            raise Broken(problem)
        for problem in _chains(tx):
            raise Broken(f"8: {problem}")


def _check_delivery(
    tx: Tx,
    row: object,
    partner: Partner,
    settled: Mapping[int, str],
    proven: Collection[int],
) -> None:
    id, state = row.id, S(row.state)  # type: ignore[attr-defined]
    if state not in FINAL and not _is_shown(tx, row):
        raise Broken(f"9: delivery {id} is {state} for ever, next {row.next_attempt_at}")  # type: ignore[attr-defined]
    if state is S.SUPERSEDED and row.type != "province.dossier":  # type: ignore[attr-defined]
        raise Broken(f"6: delivery {id}, a {row.type}, was left out for a newer one")  # type: ignore[attr-defined]
    if state is not S.DELIVERED:
        return
    if not partner.has(row.message_id) and settled.get(id) != "delivered":  # type: ignore[attr-defined]
        raise Broken(f"6: delivery {id} counts as delivered, {partner.name} does not have it")
    if id not in proven:
        raise Broken(f"6: delivery {id} counts as delivered without evidence")


def _is_shown(tx: Tx, row: object) -> bool:
    """Tell whether a person is told of a delivery, or of the one it waits for."""
    state = S(row.state)  # type: ignore[attr-defined]
    if state is S.DEAD or (state is S.AMBIGUOUS and row.next_attempt_at is None):  # type: ignore[attr-defined]
        return True
    if state is not S.HELD:
        return False
    lane = {"to": row.destination, "lane": row.lane}  # type: ignore[attr-defined]
    first = tx.execute(_FIRST, lane).one()
    return first.id != row.id and _is_shown(tx, first)  # type: ignore[attr-defined]


def _forgotten(tx: Tx, told: Told) -> Iterator[str]:
    states = {
        row.id: (row.state, row.code)
        for row in tx.exec_driver_sql("SELECT id, state, code FROM journal")
    }
    for id, message in told.acknowledged.items():
        state, code = states.get(id, (None, None))
        number = message.key
        if number in told.erased:
            continue
        if state is None:
            yield f"3: message {id} of {number} was acknowledged and is gone"
        elif state not in ("handled", "parked"):
            yield f"3: message {id} of {number} was acknowledged and is {state} ({code}) for ever"


def _chains(tx: Tx) -> Iterator[str]:
    yield from audit.verify(tx)[1]
    yield from verification.verify(tx, chain.HANDOVERS).problems


def _unknown_to_records(tx: Tx, told: Told) -> Iterator[str]:
    events = set(map(tuple, tx.exec_driver_sql("SELECT number, status FROM dossier_events")))
    files = set(map(tuple, tx.exec_driver_sql("SELECT number, sha256 FROM dossier_files")))
    parked = set(tx.exec_driver_sql("SELECT key FROM journal WHERE state = 'parked'").scalars())
    for number, status in sorted(told.steps - events):
        if number in parked or number in told.erased:
            continue
        yield f"10: {number} was told to have status {status}, the records do not know it"
    for number, sha256 in sorted(told.files - files):
        if number in parked or number in told.erased:
            continue
        yield f"10: file {sha256[:8]} of {number} was scanned, the records do not know it"
