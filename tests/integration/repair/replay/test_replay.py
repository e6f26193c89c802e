"""Replaying many dead deliveries by a plan: once, not what the partner has, not into a fault."""

import io
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from hub import operations
from hub.messages.envelope import Attachment
from hub.operations.deliveries.replay_run import CHANGED, SENT, SETTLED
from hub.ports import Answer, Request
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import TransientFailure
from hub.store.repair.replays import NoSuchPlan
from hub.store.schema.tables.exchange import deliveries as table
from hub.texts import Text
from tests.integration.repair.replay.desk import Desk, by
from tests.support.partners.partner import REFUSES, Partner
from tests.support.works import now, number, record, step

LOST = Attachment(name="a.pdf", media_type="application/pdf", size=3, sha256="0" * 64)


class Deaf(Partner):
    """A partner that cannot be asked."""

    def find(self, request: Request) -> Answer:  # noqa: ARG002
        """It is away."""
        raise TransientFailure("partner_unreachable")


def test_a_plan_is_carried_out_once(open_desk: Callable[..., Desk]) -> None:
    """All go out, each once; the second run sends nothing and says so; all of it is audited."""
    desk = open_desk()
    desk.die(*(step(n, version) for n in range(1, 5) for version in (1, 2)))
    number_, items = desk.plan()
    assert {item.verdict for item in items} == {"would_send"}
    assert {item.fault for item in items} == {"partner_refused"}
    calls = desk.works.partner.calls
    report = desk.run(number_)
    assert (report.stopped, report.outcomes, report.delivered) == (None, {SENT: 4}, 4)
    desk.works.wait_delivered(8)
    assert desk.works.partner.calls == calls + 8
    again = desk.run(number_)
    assert (again.before.startswith("finished"), again.outcomes) == (True, {})
    assert desk.works.partner.calls == calls + 8
    assert (desk.works.partner.doubled(), desk.works.partner.overtaken()) == (0, 0)
    replayed = [("delivery.replay", str(item.delivery_id)) for item in items]
    plan = str(number_)
    assert desk.actions() == [
        ("replay.plan", plan),
        ("replay.run", plan),
        *replayed,
        ("replay.finished", plan),
    ]


def test_what_the_partner_has_already_is_settled_and_not_sent(
    open_desk: Callable[..., Desk],
) -> None:
    """With the receipt; what waits behind it goes on."""
    desk = open_desk()
    desk.die(step(1, 1), step(1, 2))
    desk.works.partner.ledger.append((number(1), 1))  # entered there by hand
    plan, items = desk.plan()
    assert [item.verdict for item in items] == ["already_there"]
    assert desk.run(plan).outcomes == {SETTLED: 1}
    desk.works.wait_delivered(2)
    assert desk.works.partner.ledger == [(number(1), 1), (number(1), 2)]


def test_the_first_repeat_of_a_fault_stops_the_run(open_desk: Callable[..., Desk]) -> None:
    """One call finds out that nothing was fixed; the others are left as they are."""
    desk = open_desk()
    desk.die(*(step(n, 1) for n in range(1, 6)))
    plan, _ = desk.plan(code="partner_refused")
    calls = desk.works.partner.calls
    desk.works.partner.goes_wrong(REFUSES)
    report = desk.run(plan)
    assert "failed again with partner_refused" in str(report.stopped)
    assert (report.outcomes, desk.works.partner.calls) == ({SENT: 1}, calls + 1)
    assert desk.works.states() == {S.DEAD: 5}
    assert desk.run(plan).before.startswith("stopped")
    assert desk.actions()[-1] == ("replay.stopped", str(plan))
    assert desk.works.partner.calls == calls + 1


def test_a_fault_that_used_up_all_attempts_is_known_again(open_desk: Callable[..., Desk]) -> None:
    """What stopped them is the last attempt's fault: one replayed delivery tells, not all."""
    desk = open_desk()
    busy = TransientFailure("partner_busy", "HTTP 503")
    desk.works.partner.goes_wrong(*[busy] * 6 * 3)
    desk.works.emit(*(step(n, 1) for n in range(1, 4)))
    desk.works.wait(lambda states: states == {S.DEAD: 3})
    plan, items = desk.plan(code="attempts_exhausted")
    assert {item.fault for item in items} == {"partner_busy"}
    calls = desk.works.partner.calls
    desk.works.partner.goes_wrong(*[busy] * 6)
    report = desk.run(plan)
    assert "failed again with partner_busy" in str(report.stopped)
    assert report.outcomes == {SENT: 1}
    desk.works.wait(lambda states: states == {S.DEAD: 3})
    assert desk.works.partner.calls == calls + 6


def test_a_needless_record_is_superseded_by_the_newer_one(open_desk: Callable[..., Desk]) -> None:
    """Old data is not sent when newer data of the same dossier stands behind it."""
    desk = open_desk()
    desk.works.emit(record(1, 1))
    desk.works.wait_delivered(1)
    desk.die(record(1, 2), record(1, 3))
    plan, items = desk.plan()
    assert [item.verdict for item in items] == ["superseded"]
    desk.run(plan)
    desk.works.wait(lambda states: states == {S.DELIVERED: 2, S.SUPERSEDED: 1})
    assert desk.works.partner.ledger == [(number(1), 1), (number(1), 3)]


def test_a_record_whose_newer_one_was_cancelled_is_not_given_up(
    open_desk: Callable[..., Desk],
) -> None:
    """A plan that is no longer right supersedes nothing: else neither of the two would arrive."""
    desk = open_desk()
    desk.works.emit(record(1, 1))
    desk.works.wait_delivered(1)
    desk.die(record(1, 2), record(1, 3))
    plan, items = desk.plan()
    assert [item.verdict for item in items] == ["superseded"]
    newer = int(str(Text.read(items[0].detail)).split()[1])
    operations.cancel(desk.works.store, newer, **by("told by phone"))
    assert desk.run(plan).outcomes == {CHANGED: 1}
    assert desk.verdicts() == ["would_send"]


def test_nothing_is_sent_behind_a_later_one(open_desk: Callable[..., Desk]) -> None:
    """A later step that arrived is an order conflict, for a person to look at."""
    desk = open_desk()
    desk.die(step(1, 1), step(1, 2))
    with desk.works.store.write() as tx:
        later = sa.update(table).where(table.c.message_id == "m-1-2")
        tx.execute(later.values(state="delivered", settled_at=now()))
    plan, items = desk.plan()
    assert [item.verdict for item in items] == ["order_conflict"]
    calls = desk.works.partner.calls
    assert desk.run(plan).delivered == 0
    assert desk.works.partner.calls == calls


def test_a_file_that_is_gone_is_named(open_desk: Callable[..., Desk]) -> None:
    """Nobody is told of a file that cannot be pulled; one that is there is no hindrance."""
    desk = open_desk()
    digest, _ = desk.files.write(io.BytesIO(b"pdf"))
    there = msgspec.structs.replace(LOST, sha256=digest)
    desk.die(
        msgspec.structs.replace(step(1, 1), attachments=(LOST,)),
        msgspec.structs.replace(step(2, 1), attachments=(there,)),
    )
    assert sorted(desk.verdicts()) == ["file_gone", "would_send"]


def test_a_partner_that_is_away_is_not_guessed_about(open_desk: Callable[..., Desk]) -> None:
    """What cannot be asked about is not sent by the plan."""
    desk = open_desk(Deaf())
    desk.die(step(1, 1))
    plan, items = desk.plan()
    assert [(item.verdict, item.detail) for item in items] == [
        ("cannot_ask", "partner_unreachable")
    ]
    assert SENT not in desk.run(plan).outcomes
    assert desk.works.states() == {S.DEAD: 1}


def test_what_changed_since_the_plan_is_left_alone(open_desk: Callable[..., Desk]) -> None:
    """Neither what a person settled meanwhile nor what died meanwhile belongs to the plan."""
    desk = open_desk()
    desk.die(step(1, 1), step(2, 1))
    plan, items = desk.plan()
    operations.cancel(desk.works.store, items[0].delivery_id, **by("told by phone"))
    desk.works.partner.goes_wrong(REFUSES)
    desk.works.emit(step(3, 1))
    desk.works.wait(lambda states: states == {S.CANCELLED: 1, S.DEAD: 2})
    assert desk.run(plan).outcomes == {CHANGED: 1, SENT: 1}
    desk.works.wait(lambda states: states == {S.CANCELLED: 1, S.DEAD: 1, S.DELIVERED: 1})


def test_a_selection_narrows(open_desk: Callable[..., Desk]) -> None:
    """By delivery, partner, type, fault, dossier and time."""
    desk = open_desk()
    desk.die(step(1, 1), step(2, 1), record(3, 1))
    _, items = desk.plan()
    one = items[0].delivery_id
    assert [item.delivery_id for item in desk.plan(delivery=one)[1]] == [one]
    assert len(desk.plan(type="province.progress")[1]) == 2
    assert len(desk.plan(dossier=number(3))[1]) == 1
    assert len(desk.plan(destination="provincial", code="partner_refused")[1]) == 3
    assert desk.plan(destination="town_center")[1] == []
    assert desk.plan(code="partner_busy")[1] == []
    assert desk.plan(until=now() - timedelta(hours=1))[1] == []
    assert len(desk.plan(since=now() - timedelta(hours=1), until=now())[1]) == 3


def test_the_pace_is_kept(open_desk: Callable[..., Desk]) -> None:
    """Between two sendings lies the pause that was asked for; the first waits for its outcome."""
    desk = open_desk()
    desk.die(*(step(n, 1) for n in range(1, 5)))
    desk.run(desk.plan()[0])
    assert desk.pauses.count(1 / 2000.0) == 3


def test_a_plan_that_does_not_exist(open_desk: Callable[..., Desk]) -> None:
    """Is refused."""
    with pytest.raises(NoSuchPlan):
        open_desk().run(99)
