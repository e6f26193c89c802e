"""What is due soon passes what waits before it in the queue."""

from datetime import timedelta

import msgspec

from hub.broker.memory import MemoryBroker
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.store.engine.store import Store
from tests.support.partners.partner import Partner
from tests.support.payloads import read_as
from tests.support.works import AT, now, number, record, step, working

MANY = 60


def due_in(message: Message, time: timedelta) -> Message:
    """Return the record with another due date."""
    payload = msgspec.structs.replace(read_as(message, p.ProvinceDossier), due_at=now() + time)
    return catalog.compose(payload, time=AT, source="records", id=message.id)


def test_a_dossier_that_is_due_today_does_not_wait_behind_the_others(store: Store) -> None:
    """Sixty that are due next week were asked for before it; it is among the first to be sent."""
    partner = Partner(concurrency=1)
    partner.gate.clear()
    with working(store, MemoryBroker(), partner) as works:
        works.admission.priority.every = 0.0
        works.emit(*[due_in(record(n, 1), timedelta(days=7)) for n in range(1, MANY)])
        assert partner.entered.acquire(timeout=10)  # the first call is under way
        works.emit(due_in(record(MANY, 1), timedelta(hours=2)))
        works.wait(lambda states: states.get("pending", 0) + states.get("sending", 0) == MANY)
        partner.gate.set()
        works.wait_delivered(MANY)
    place = partner.ledger.index((number(MANY), 1))
    assert place <= 2 * works.deliver.most  # what was in hand before, and no more
    assert partner.doubled() == 0


def test_whoever_gave_way_is_sent_too_and_in_order(store: Store) -> None:
    """Every dossier arrives once, its steps behind its record."""
    partner = Partner(concurrency=2)
    partner.gate.clear()
    with working(store, MemoryBroker(), partner) as works:
        works.admission.priority.every = 0.0
        for n in range(1, MANY):
            days = timedelta(days=7) if n % 2 else timedelta(hours=n)
            works.emit(due_in(record(n, 1), days), step(n, 2))
        partner.gate.set()
        works.wait_delivered(2 * (MANY - 1))
    assert partner.doubled() == partner.overtaken() == 0
