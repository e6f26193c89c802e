"""Dossiers that have come to their end: taken in, scanned, delivered, returned to the citizen."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.messages import payloads as p
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import attempts, transitions
from hub.store.engine.store import Store, Tx
from hub.store.schema.tables.exchange import deliveries as table
from tests.support.ward import BIRTH, MONDAY, Ward, reception
from tests.support.works import now
from tests.support.works import number as number

LONG_AFTER = now() + timedelta(days=800)
"""The ward of the tests records by the real clock."""


def end(ward: Ward, n: int, *, scanned: bytes = b"") -> str:
    """Bring dossier `n` to its end, all delivered; `scanned`: the content of one of its papers.

    Returns its number.
    """
    name = number(n)
    take_in(ward, n, scanned=scanned)
    for status, hours in ((4, 1), (9, 2)):
        at = MONDAY + timedelta(hours=hours)
        said = p.DossierProgressed(
            number=name, status=p.Status(status), at=at, officer="Lê", unit="Tư pháp", note="xong"
        )
        ward.accept(said, at=at)
    at = MONDAY + timedelta(hours=3)
    back = p.BarcodeScanned(number=name, station=p.Station.RETURN, scanned_at=at, device="b-1")
    ward.accept(back, at=at)
    deliver_all(ward.store)
    return name


def take_in(ward: Ward, n: int, *, scanned: bytes = b"") -> None:
    """Take dossier `n` in; everything that follows is still open."""
    ward.accept(reception(BIRTH, number(n)))
    if scanned:
        component = reception(BIRTH).components[0].code
        said = p.DocumentScanned(
            number=number(n), component=component, scanned_at=MONDAY, device="scanner-1"
        )
        ward.accept(said, ward.file(scanned, component))


def deliver_all(store: Store, *, at: datetime = MONDAY) -> None:
    """Deliver whatever is open, lane by lane, in order, with an attempt each."""
    while _deliver_some(store, at):
        pass


def _deliver_some(store: Store, at: datetime) -> int:
    with store.write() as tx:
        done = 0
        for destination, ids in _due(tx).items():
            lease = at + timedelta(minutes=1)
            claimed = transitions.claim(tx, ids, destination, now=at, lease_until=lease)
            attempts.start(tx, [(one.id, one.attempts) for one in claimed], now=at)
            transitions.deliver(tx, [(one.id, "") for one in claimed], now=at, from_state=S.SENDING)
            transitions.release_followers(tx, destination, [one.lane for one in claimed], at)
            done += len(claimed)
        return done


def _due(tx: Tx) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    query = sa.select(table.c.destination, table.c.id).where(table.c.state == "pending")
    for destination, id in tx.execute(query):
        found.setdefault(destination, []).append(id)
    return found
