"""Reading shows one view of the store, whatever is written meanwhile, and locks nothing."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.operations.comparison.daily import compare
from hub.operations.deliveries import resend
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.monitoring import work_counts
from hub.store.records import dossiers
from tests.support.works import number, step

AT = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[3] / "schemas/examples/dossier.received.v1.json"


def after(store: Store, words: str, act: Callable[[], None]) -> None:
    """Have `act` done by somebody else right after the first statement with these words."""
    left = [act]

    def done(*args: Any) -> None:
        if left and words in args[2]:
            other = threading.Thread(target=left.pop())
            other.start()
            other.join(10)

    sa.event.listen(store.engine, "after_cursor_execute", done)


def test_two_statements_see_the_same_moment(store: Store) -> None:
    """What was committed between them is in neither of them, and in the next view."""
    count = sa.text("SELECT count(*) FROM deliveries")
    with store.read() as tx:
        assert work_counts.unhandled_count(tx) == 0
        with store.write() as other:
            emit(other, [step(1, 1)], AT)
        assert tx.execute(count).scalar_one() == 0
    with store.read() as tx:
        assert tx.execute(count).scalar_one() == 1


def test_a_dossier_that_moves_on_while_it_is_compared_is_no_difference(store: Store) -> None:
    """Its status and what the hub told of it are read at one moment."""
    body = EXAMPLE.read_bytes().replace(b"2.000880", b"1.001193")
    records, received = Records(Rulebook.load()), envelope.decode(body)
    moved = catalog.compose(
        p.DossierProgressed(
            number=received.key,
            status=p.Status.PROCESSING,
            at=received.time + timedelta(hours=1),
            officer="Lê Văn Thử",
            unit="Địa chính",
        ),
        time=received.time,
        source="workstation.1",
        id="moved-1",
    )

    def tell(message: envelope.Message) -> None:
        with store.write() as tx:
            emit(tx, list(records(tx, message, catalog.read(message))), AT)

    tell(received)
    after(store, "SELECT dossiers.status", lambda: tell(moved))
    found = compare(store, {}, received.key, now=AT).findings
    assert "status_differs" not in {finding.kind for finding in found}


@pytest.mark.parametrize("look", ["resend", "slip"])
def test_who_only_looks_does_not_wait_for_who_repairs(store: Store, look: str) -> None:
    """The rows are locked by somebody else; a look is not kept waiting and locks nothing itself."""
    with store.write() as tx:
        emit(tx, [step(1, 1)], AT)
        transitions.claim(tx, [1], "provincial", now=AT, lease_until=AT)
        transitions.kill(tx, 1, from_state=S.SENDING, code="partner_refused", detail="")
    with store.write() as tx:
        transitions.place_of(tx, 1)
        if look == "resend":
            assert number(1) in resend.payload_of(store, 1).decode()
        else:
            with store.read() as other:
                assert dossiers.get(other, number(1), lock=False) is None
