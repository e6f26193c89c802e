"""The daily comparison finds what differs between ward, hub and partner, once, as tasks."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.broker.memory import MemoryBroker
from hub.cli import app
from hub.cli.partners import compare as comparing
from hub.exchange.outbox.emit import emit
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.operations.comparison.daily import ComparisonReport, reconcile_day
from hub.ports import Answer, Receipt, Request
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.rules.failures.errors import TransientFailure
from hub.store.engine.store import Store
from hub.store.repair import tasks
from tests.support.database.stores import empty_store
from tests.support.partners.partner import Partner
from tests.support.works import now, working

DAY = date(2018, 8, 6)
EXAMPLE = Path(__file__).parents[3] / "schemas/examples/dossier.received.v1.json"
RULES = Rulebook.load()


class Deaf(Partner):
    """A partner that cannot be asked."""

    def find(self, request: Request) -> Answer:  # noqa: ARG002
        """It is away."""
        raise TransientFailure("partner_unreachable")


def take_in(store: Store) -> str:
    """Let the real records take in a dossier and move it on; return its number."""
    body = EXAMPLE.read_bytes().replace(b"2.000880", b"1.001193")  # one that stays at the ward
    received = envelope.decode(body)
    handle(store, received)
    move_on(store, received.key, hours=1)
    return received.key


def handle(store: Store, message: envelope.Message) -> None:
    """Let the real records handle a message."""
    records = Records(RULES)
    with store.write() as tx:
        emit(tx, list(records(tx, message, catalog.read(message))), now())


def move_on(store: Store, number: str, hours: int = 2) -> None:
    """Let an officer move a dossier on."""
    at = datetime(2018, 8, 6, 9, tzinfo=UTC) + timedelta(hours=hours)
    moved = p.DossierProgressed(
        number=number,
        status=p.Status.PROCESSING,
        at=at,
        officer="Lê Văn Thử",
        unit="Địa chính",
    )
    handle(store, catalog.compose(moved, time=at, source="workstation.1", id=f"moved-{hours}"))


def deliver(store: Store, partner: Partner) -> None:
    """Let everything that is open be delivered."""
    broker = MemoryBroker()
    with working(store, broker, partner) as works:
        works.relay.wakeup.wake()
        works.wait(lambda states: set(states) == {"delivered"})
    broker.close()


def compare(store: Store, partner: Partner) -> ComparisonReport:
    """Compare the day."""
    by = {"actor": "officer", "reason": "evening", "now": now()}
    return reconcile_day(store, DAY, [partner], RULES, by=by)  # type: ignore[arg-type]


def open_kinds(store: Store) -> list[tuple[str, str]]:
    """Return (kind, owner) of the open tasks."""
    with store.read() as tx:
        return [(task.kind, task.owner) for task in tasks.still_open(tx)]


def test_a_day_on_which_all_agrees(store: Store) -> None:
    """No difference, no task, although the newest record tells more than the first one."""
    take_in(store)
    partner = Partner()
    deliver(store, partner)
    report = compare(store, partner)
    assert (report.dossiers, report.findings, report.unasked) == (1, (), 0)
    assert partner.asked == 3  # the record, and each of its two steps
    assert open_kinds(store) == []


def test_what_the_partner_lost_becomes_one_task_and_closes_when_it_is_back(store: Store) -> None:
    """A second run opens nothing; the difference gone, the task is closed."""
    number = take_in(store)
    partner = Partner()
    deliver(store, partner)
    kept, partner.ledger = partner.ledger, []
    first = compare(store, partner)
    assert {found.kind for found in first.findings} == {"partner_lacks"}
    assert (first.opened, compare(store, partner).opened) == (1, 0)
    assert open_kinds(store) == [("partner_lacks", "province")]
    with store.read() as tx:
        (task,) = tasks.still_open(tx)
    assert task.subject == number
    assert RULES.working_time_between(task.opened_at, task.due_at) == timedelta(hours=8)
    assert compare(store, Deaf()).closed == 0  # not asked, so not known to be fixed
    partner.ledger = kept
    assert compare(store, partner).closed == 1
    assert open_kinds(store) == []


class Remarks(Partner):
    """A partner that has everything and says more about it."""

    def __init__(self, remarks: Receipt) -> None:
        super().__init__()
        self.remarks = remarks

    def find(self, request: Request) -> Answer:
        """What is there is there, with the remarks."""
        found = super().find(request)
        return self.remarks if isinstance(found, Receipt) else found


def test_an_older_step_that_is_missing_is_found(store: Store) -> None:
    """Every step has to be there, not only the newest; one task names it."""
    take_in(store)
    partner = Partner()
    deliver(store, partner)
    newest = max(version for _, version in partner.ledger)
    partner.ledger = [one for one in partner.ledger if one[1] == newest]
    report = compare(store, partner)
    (lacking,) = report.findings
    assert (lacking.kind, lacking.owner) == ("partner_lacks", "province")
    assert "2 (province.progress)" in lacking.detail
    assert "3 (" not in lacking.detail


def test_a_file_that_the_partner_could_not_verify_is_a_task(store: Store) -> None:
    """With owner, due time and repair; it goes when the partner has the right file."""
    take_in(store)
    partner = Remarks(Receipt(unverified=("f" * 64,)))
    deliver(store, partner)
    assert compare(store, partner).opened == 1
    with store.read() as tx:
        (task,) = tasks.still_open(tx)
    assert (task.kind, task.owner) == ("file_unverified", "ward IT")
    assert "f" * 64 in task.detail
    assert "sha256sum" in task.repair
    assert task.due_at is not None
    assert compare(store, Deaf()).closed == 0
    partner.remarks = Receipt()
    assert compare(store, partner).closed == 1


def test_a_record_that_went_further_at_the_partner_is_a_difference(store: Store) -> None:
    """Its status is not the ward's: the clerk compares, the fields are named."""
    take_in(store)
    partner = Remarks(Receipt(differs=("TrangThaiHoSo",)))
    deliver(store, partner)
    (finding,) = compare(store, partner).findings
    assert (finding.kind, finding.owner) == ("partner_differs", "ward clerk")
    assert "TrangThaiHoSo" in finding.detail


def test_a_dossier_that_moves_while_the_partner_is_asked_is_compared_anew(store: Store) -> None:
    """What it was sent meanwhile makes the first answer old: no difference."""
    number = take_in(store)
    partner = Remarks(Receipt(differs=("TrangThaiHoSo",)))
    deliver(store, partner)
    asked = partner.find

    def moving(request: Request) -> Answer:
        answer = asked(request)
        if partner.remarks.differs:
            partner.remarks = Receipt()
            move_on(store, number)
            deliver(store, partner)
        return answer

    partner.find = moving  # type: ignore[method-assign]
    assert compare(store, partner).findings == ()


def test_what_is_not_settled_yet_is_a_difference(store: Store) -> None:
    """The partner's while it is only late."""
    take_in(store)
    report = compare(store, Partner())
    assert [(found.kind, found.owner) for found in report.findings] == [("not_settled", "province")]


def test_a_person_lists_and_closes_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """reconcile fails while something differs; tasks names it; done closes it, once."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(comparing, "make_destinations", lambda _: [Partner()])
    store = empty_store(tmp_path / "hub.db")
    number = take_in(store)
    store.close()
    hub = CliRunner()
    compared = hub.invoke(app, ["partners", "compare", "--day", "2018-08-06"])
    assert (compared.exit_code, "1 tasks opened" in compared.output) == (1, True)
    assert number in hub.invoke(app, ["tasks"]).output
    assert hub.invoke(app, ["tasks", "done", "1", "--reason", "told them"]).exit_code == 0
    assert number not in hub.invoke(app, ["tasks"]).output
    assert hub.invoke(app, ["tasks", "done", "1", "--reason", "again"]).exit_code == 1
    assert hub.invoke(app, ["partners", "compare", "--day", "2018-08-07"]).exit_code == 0
