"""What must hold when everything of a story has come to rest."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.messages import catalog
from hub.messages import payloads as p
from hub.rules.deliveries.states import FINAL, DeliveryState
from hub.store.conservation.proof import prove
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit, chain, verification
from tests.simulation.actors.counter import Acknowledged
from tests.simulation.partners.protocol import Partner
from tests.simulation.promises.effects import Effects
from tests.simulation.promises.promise import Broken, Promise

S = DeliveryState
_STATES = "SELECT id, message_id, destination, type, lane, state, next_attempt_at FROM deliveries"

_PROVEN = (
    "SELECT delivery_id FROM handovers WHERE kind = 'person' OR outcome IN ('delivered', 'already')"
)
_NEWER = sa.text(
    "SELECT newer.message_id FROM deliveries newer JOIN deliveries mine ON mine.id = :id WHERE "
    "newer.lane = mine.lane AND newer.type = mine.type AND newer.destination = mine.destination "
    "AND coalesce(newer.place, newer.id) > coalesce(mine.place, mine.id)"
)
_FIRST = sa.text(
    f"{_STATES} WHERE destination = :to AND lane = :lane AND settled_at IS NULL "
    "ORDER BY coalesce(place, id), id LIMIT 1"
)


def check_proof(store: Store) -> None:
    """Check the balance by the product's own count of every row; raises Broken."""
    with store.read() as tx:
        proof = prove(tx, catalog.READERS)
    if not proof.good:
        raise Broken(Promise.COUNTS_EXACT, f"{proof.problems or proof.balances}")


def check_end(
    store: Store,
    partners: Sequence[Partner],
    told: Acknowledged,
    settled: Mapping[int, str],
    effects: Effects,
) -> None:
    """Check what must hold when everything has come to rest; raises Broken.

    `settled`: deliveries that a person settled, with how.
    """
    check_proof(store)
    if told.refused:
        raise Broken(Promise.RECORDS_KNOW, f"the counter was refused: {told.refused[0]}")
    for partner in partners:
        partner.check_end()
    by_name = {partner.name: partner for partner in partners}
    with store.read() as tx:
        proven = set(tx.exec_driver_sql(_PROVEN).scalars())
        for row in tx.exec_driver_sql(f"{_STATES} ORDER BY id"):
            _check_delivery(tx, row, by_name[row.destination], settled, proven, effects)
        for promise, problems in (
            (Promise.NOTHING_FORGOTTEN, _forgotten(tx, told)),
            (Promise.RECORDS_KNOW, _unknown_to_records(tx, told)),
            (Promise.CHAINS_WHOLE, _chains(tx)),
        ):
            for problem in problems:
                raise Broken(promise, problem)


def _check_delivery(
    tx: Tx,
    row: Any,
    partner: Partner,
    settled: Mapping[int, str],
    proven: Collection[int],
    effects: Effects,
) -> None:
    id, state = row.id, S(row.state)
    if state not in FINAL and not _is_shown(tx, row):
        what = f"delivery {id} is {state} for ever, next {row.next_attempt_at}"
        raise Broken(Promise.ALL_FINAL, what)
    if state is S.SUPERSEDED and row.type != "province.dossier":
        what = f"delivery {id}, a {row.type}, was left out for a newer one"
        raise Broken(Promise.EVIDENCE, what)
    if state is not S.DELIVERED:
        return
    is_there = partner.has(row.message_id) or effects.had_before(partner, row.type, row.lane)
    if effects.went_back and row.type == "province.dossier":
        is_there = is_there or _has_newer(tx, row, partner)
    if not is_there and settled.get(id) != "delivered":
        what = f"delivery {id} counts as delivered, {partner.name} does not have it"
        raise Broken(Promise.EVIDENCE, what)
    if id not in proven:
        what = f"delivery {id} counts as delivered without evidence"
        raise Broken(Promise.EVIDENCE, what)


def _has_newer(tx: Tx, row: Any, partner: Partner) -> bool:
    """Tell whether a partner has a newer state of a dossier.

    The lost database had left out the older one, which the copy has asked about: it is there, too.
    """
    newer = tx.execute(_NEWER, {"id": row.id}).scalars()
    return any(partner.has(message_id) for message_id in newer)


def _is_shown(tx: Tx, row: Any) -> bool:
    """Tell whether a person is told of a delivery, or of the one it waits for."""
    state = S(row.state)
    if state is S.DEAD or (state is S.AMBIGUOUS and row.next_attempt_at is None):
        return True
    if state is not S.HELD:
        return False
    lane = {"to": row.destination, "lane": row.lane}
    first = tx.execute(_FIRST, lane).one()
    return first.id != row.id and _is_shown(tx, first)


def _forgotten(tx: Tx, told: Acknowledged) -> Iterator[str]:
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
            yield f"message {id} of {number} was acknowledged and is gone"
        elif state not in ("handled", "parked"):
            yield f"message {id} of {number} was acknowledged and is {state} ({code}) for ever"


def _chains(tx: Tx) -> Iterator[str]:
    yield from audit.verify(tx)[1]
    yield from verification.verify(tx, chain.HANDOVERS).problems


def _unknown_to_records(tx: Tx, told: Acknowledged) -> Iterator[str]:
    """Yield what a message told and the records do not know, though it is not itself parked."""
    events = set(map(tuple, tx.exec_driver_sql("SELECT number, status FROM dossier_events")))
    files = set(map(tuple, tx.exec_driver_sql("SELECT number, sha256 FROM dossier_files")))
    parked = set(tx.exec_driver_sql("SELECT id FROM journal WHERE state = 'parked'").scalars())
    for id, message in told.acknowledged.items():
        number = message.key
        if id in parked or number in told.erased:
            continue
        match catalog.read(message):
            case p.DossierReceived() if (number, int(p.Status.ACCEPTED)) not in events:
                yield f"{number} was received, the records do not know it"
            case p.DossierProgressed(status=status) if (number, int(status)) not in events:
                yield f"{number} was told to have status {status}, the records do not know it"
            case p.DocumentScanned():
                for file in message.attachments:
                    if (number, file.sha256) not in files:
                        yield f"file {file.sha256[:8]} of {number}: the records do not know it"
