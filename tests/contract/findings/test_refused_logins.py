"""What waits for a login is listed once for a partner and cause, with since when."""

from datetime import timedelta

import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import attempts, doubts, pauses, transitions
from hub.store.deliveries.pauses import Pause
from hub.store.engine.store import Store, Tx
from hub.store.repair.replies.refused_logins import RefusedLogin, refused_logins
from hub.store.schema.tables.exchange import deliveries as table
from tests.support.works import AT, step

TO = "provincial"
MINUTE = timedelta(minutes=1)
NOW = AT + timedelta(hours=2)


def refused(tx: Tx, id: int, number: int, code: str, minutes: int) -> None:
    """Have the call of a delivery end with a code; it waits."""
    at = AT + minutes * MINUTE
    attempts.start(tx, [(id, number)], now=at)
    ended = attempts.Finished(
        delivery_id=id, number=number, at=at, outcome="transient", code=code, detail=""
    )
    attempts.finish(tx, [ended])
    waiting = {"state": "waiting", "code": code, "next_attempt_at": NOW, "attempts": number}
    tx.execute(sa.update(table).where(table.c.id == id).values(waiting))


def test_deliveries_that_wait_for_a_login_are_one_line_since_the_first_refusal(
    store: Store,
) -> None:
    """A cause of another kind before it does not count; what waits for something else neither."""
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in range(1, 6)], AT)
        refused(tx, 1, 1, "partner_login", 1)
        refused(tx, 1, 2, "partner_busy", 2)
        refused(tx, 1, 3, "partner_login", 10)
        refused(tx, 1, 4, "partner_paused", 11)
        refused(tx, 1, 5, "partner_login", 12)
        refused(tx, 2, 1, "partner_login", 11)
        refused(tx, 3, 1, "certificate_expired", 20)
        refused(tx, 4, 1, "partner_busy", 5)
        found = refused_logins(tx, now=NOW)
    assert found == [
        RefusedLogin(destination=TO, code="certificate_expired", count=1, since=AT + 20 * MINUTE),
        RefusedLogin(destination=TO, code="partner_login", count=2, since=AT + 10 * MINUTE),
    ]


def test_what_lies_behind_a_pause_for_such_a_cause_is_counted(store: Store) -> None:
    """Whether or not it was called; not what waits behind a pause of another cause."""
    pause = Pause(
        destination=TO,
        operation=step(1, 1).type,
        kind="circuit",
        phase="open",
        openings=1,
        since=AT + 3 * MINUTE,
        until=NOW,
        expires_at=NOW + MINUTE,
        code="partner_forbidden",
        reason_vi="",
        reason_en="",
    )
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in range(1, 4)], AT)
        refused(tx, 1, 1, "partner_paused", 5)
        pauses.post(tx, pause)
        (found,) = refused_logins(tx, now=NOW)
        assert found == RefusedLogin(
            destination=TO, code="partner_forbidden", count=3, since=AT + 3 * MINUTE
        )
        assert refused_logins(tx, now=NOW + 2 * MINUTE) == []


def test_an_unknown_effect_that_cannot_be_asked_about_waits_too(store: Store) -> None:
    """Its last question was not let in, whatever made the effect unknown."""
    with store.write() as tx:
        emit(tx, [step(1, 1)], AT)
        transitions.claim(tx, [1], TO, now=AT, lease_until=AT + MINUTE)
        attempts.start(tx, [(1, 1)], now=AT)
        transitions.doubt(
            tx, 1, from_state=S.SENDING, query_at=AT, code="reply_timeout", detail="", now=AT
        )
        attempts.start(tx, [(1, 2)], now=AT, kind="find")
        ended = attempts.Finished(
            delivery_id=1,
            number=2,
            kind="find",
            at=AT + MINUTE,
            outcome="transient",
            code="partner_session",
        )
        attempts.finish(tx, [ended])
        doubts.query_later(tx, 1, when=NOW)
        (found,) = refused_logins(tx, now=NOW)
    assert (found.code, found.count, found.since) == ("partner_session", 1, AT + MINUTE)
