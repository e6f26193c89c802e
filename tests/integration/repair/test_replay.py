"""Replaying many dead deliveries by a plan, and sending a corrected copy in the place of one."""

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from hub import operations
from hub.broker.memory import MemoryBroker
from hub.cli import app
from hub.messages.envelope import Attachment, Message
from hub.messages.invalid import InvalidMessage
from hub.operations.deliveries import replay_plan, resend
from hub.operations.deliveries.replay_run import CHANGED, SENT, SETTLED, ReplayReport, ReplayRun
from hub.operations.signed_by import SignedBy
from hub.ports import Answer, Request
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import TransientFailure
from hub.store.deliveries import schedule, transitions
from hub.store.deliveries.transitions import StateConflict
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.messages.blobs import BlobStore
from hub.store.repair import replays
from hub.store.repair.replays import NoSuchPlan, ReplayFilter, ReplayItem
from hub.store.schema.tables.exchange import audit as audit_table
from hub.store.schema.tables.exchange import deliveries as table
from hub.texts import Text
from tests.support.partners.partner import REFUSES, Partner
from tests.support.works import Works, now, number, record, step, working

LOST = Attachment(name="a.pdf", media_type="application/pdf", size=3, sha256="0" * 64)


class Deaf(Partner):
    """A partner that cannot be asked."""

    def find(self, request: Request) -> Answer:  # noqa: ARG002
        """It is away."""
        raise TransientFailure("partner_unreachable")


class Desk:
    """An operator beside a running hub: makes plans and runs them."""

    def __init__(self, works: Works[Partner], files: BlobStore) -> None:
        self.works, self.files = works, files
        self.pauses: list[float] = []

    def die(self, *messages: Message) -> None:
        """Say messages that the partner refuses one by one; wait until each head is dead."""
        lanes = len({message.key for message in messages})
        self.works.partner.goes_wrong(*[REFUSES] * lanes)
        self.works.say(*messages)
        self.works.wait(lambda states: states.get(S.DEAD) == lanes)

    def plan(self, **selection: object) -> tuple[int, list[ReplayItem]]:
        """Make a plan; return its number and items."""
        store, found = self.works.store, ReplayFilter(**selection)  # type: ignore[arg-type]
        number = replay_plan.make(
            store, found, [self.works.partner], file_path=self.files.path, by=by("look")
        )
        with store.read() as tx:
            return number, replays.items_of(tx, number)

    def verdicts(self, **selection: object) -> list[str]:
        """Make a plan; return what it says of each delivery."""
        return [item.verdict for item in self.plan(**selection)[1]]

    def run(self, number: int) -> ReplayReport:
        """Carry a plan out."""
        return ReplayRun(
            self.works.store,
            number,
            actor="officer",
            reason="fixed there",
            clock=now,
            on_delivered=lambda *_: None,
            per_second=2000.0,
            patience=timedelta(seconds=20),
            on_commit=self.works.committed,
            pause=self.pause,
        ).run()

    def pause(self, seconds: float) -> None:
        """Wait for the next settlement instead of the time."""
        self.pauses.append(seconds)
        self.works.settled.clear()
        self.works.settled.wait(min(seconds, 0.05))

    def actions(self) -> list[tuple[str, str]]:
        """Return (action, object) of every audit row; the chain must be whole."""
        with self.works.store.read() as tx:
            assert audit.verify(tx)[1] == []
            rows = tx.execute(sa.select(audit_table).order_by(audit_table.c.seq)).all()
        return [(row.action, row.object) for row in rows]


def by(reason: str) -> SignedBy:
    """Return who acts."""
    return {"actor": "officer", "reason": reason, "now": now()}


@pytest.fixture
def open_desk(store: Store, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Start a hub with a partner and put an operator beside it."""
    with MemoryBrokerFor() as broker:
        begun = []

        def start(partner: Partner | None = None) -> Desk:
            block = working(store, broker, partner or Partner())
            works = block.__enter__()
            begun.append(block)
            return Desk(works, BlobStore(tmp_path / "files"))

        yield start
        for block in begun:
            block.__exit__(None, None, None)


class MemoryBrokerFor:
    """The in-process broker for the length of a block."""

    def __enter__(self) -> MemoryBroker:
        """Open it."""
        self.broker = MemoryBroker()
        return self.broker

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.broker.close()


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
    desk.works.say(*(step(n, 1) for n in range(1, 4)))
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
    desk.works.say(record(1, 1))
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
    desk.works.say(record(1, 1))
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
    desk.works.say(step(3, 1))
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


def corrected(store: Store, id: int, **fields: object) -> resend.Correction:
    """Return a correction of a delivery's payload."""
    payload = msgspec.json.decode(resend.payload_of(store, id)) | fields
    return resend.correct(store, id, msgspec.json.encode(payload), now=now())


def dead_one(store: Store) -> int:
    """Return the number of the one dead delivery."""
    with store.read() as tx:
        (found,) = replays.select(tx, ReplayFilter())
    return found.id


def test_a_corrected_copy_goes_before_what_waited(open_desk: Callable[..., Desk]) -> None:
    """Although it is the youngest row, and also when it had to be corrected twice."""
    desk = open_desk()
    store, partner = desk.works.store, desk.works.partner
    desk.die(*(step(1, version) for version in (1, 2, 3)))
    first = dead_one(store)
    partner.goes_wrong(REFUSES)
    copy = resend.resend(store, corrected(store, first, noiDungXuLy="a"), by=by("corrected"))
    desk.works.committed()
    desk.works.wait(lambda states: states == {S.CANCELLED: 1, S.DEAD: 1, S.HELD: 2})
    with store.write() as tx:
        assert schedule.sweep_held(tx, now()) == 0
        assert transitions.release_followers(tx, "provincial", [number(1)], now()) == 0
    assert dead_one(store) == copy
    last = resend.resend(store, corrected(store, copy, noiDungXuLy="b"), by=by("corrected"))
    assert last > copy > first
    desk.works.committed()
    desk.works.wait(lambda states: states == {S.CANCELLED: 2, S.DELIVERED: 3})
    assert partner.ledger == [(number(1), version) for version in (1, 2, 3)]
    assert [action for action, _ in desk.actions()] == ["delivery.resend"] * 2


def test_the_difference_is_shown_without_personal_data(open_desk: Callable[..., Desk]) -> None:
    """The copy names its cause, and a personal field only says that it differs."""
    desk = open_desk()
    desk.die(step(1, 1))
    id = dead_one(desk.works.store)
    found = corrected(desk.works.store, id, noiDungXuLy="Nguyễn Văn Mẫu", phongBanXuLy="Tư pháp")
    assert [(c.field, c.before, c.after) for c in found.changes] == [
        ("noiDungXuLy", "", resend.MASK),
        ("phongBanXuLy", "Địa chính", "Tư pháp"),
    ]
    assert found.message.causation_id == "m-1-1"
    assert found.message.id != "m-1-1"


@pytest.mark.parametrize(
    "payload",
    [b"{", b"{}", b"\xff", b"[]"],
)
def test_a_copy_that_does_not_fit_its_type_is_refused(
    open_desk: Callable[..., Desk], payload: bytes
) -> None:
    """The dead delivery stays as it is."""
    desk = open_desk()
    desk.die(step(1, 1))
    id = dead_one(desk.works.store)
    with pytest.raises(InvalidMessage):
        resend.correct(desk.works.store, id, payload, now=now())
    assert desk.works.states() == {S.DEAD: 1}


def test_what_may_not_be_corrected(open_desk: Callable[..., Desk]) -> None:
    """Not the dossier, not nothing, not a delivery that is not dead, not twice."""
    desk = open_desk()
    store = desk.works.store
    desk.die(step(1, 1))
    id = dead_one(store)
    with pytest.raises(InvalidMessage, match="another dossier"):
        corrected(store, id, maHoSo=number(2))
    with pytest.raises(StateConflict, match="nothing differs"):
        corrected(store, id)
    found = corrected(store, id, phongBanXuLy="Tư pháp")
    resend.resend(store, found, by=by("x"))
    with pytest.raises(StateConflict):
        corrected(store, id, phongBanXuLy="Tư pháp")
    desk.works.committed()
    desk.works.wait(lambda states: states == {S.CANCELLED: 1, S.DELIVERED: 1})


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--destination", "provinz"], "partners are provincial, town_center"),
        (["--type", "province.progres"], "province.progress"),
        (["--code", "partner_refuse"], "codes of dead deliveries are partner_refused"),
    ],
)
def test_a_plan_of_a_name_that_there_is_not_is_refused_with_those_there_are(
    open_desk: Callable[..., Desk],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    named: str,
) -> None:
    """A misspelt name would select nothing, and read as if nothing were wrong."""
    desk = open_desk()
    desk.die(step(1, 1))
    monkeypatch.setenv("HUB_DATABASE_URL", desk.works.store.url)
    refused = CliRunner().invoke(app, ["deliveries", "replay", "--plan", *options])
    assert (refused.exit_code, named in refused.output) == (2, True), refused.output
    with desk.works.store.write() as tx, pytest.raises(NoSuchPlan):
        replays.plan_of(tx, 1)


def test_messages_of_a_name_that_there_is_not_are_refused(
    open_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is asked or written; a known code that no message has selects none."""
    monkeypatch.setenv("HUB_DATABASE_URL", open_desk().works.store.url)
    retry = ["messages", "retry", "--plan"]
    refused = CliRunner().invoke(app, [*retry, "--type", "dossier.recieved"])
    assert (refused.exit_code, "dossier.received" in refused.output) == (2, True)
    refused = CliRunner().invoke(app, [*retry, "--code", "no_such_code"])
    assert (refused.exit_code, "codes of parked messages are –" in refused.output) == (2, True)
    assert CliRunner().invoke(app, [*retry, "--code", "partner_refused"]).exit_code == 0
