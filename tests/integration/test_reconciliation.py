"""The daily comparison finds what differs between ward, hub and partner, once, as tasks."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.broker.memory import MemoryBroker
from hub.cli import app, comparing
from hub.flow.say import say
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.operations.reconciliation import Report, reconcile_day
from hub.ports import Absence, Receipt, Request
from hub.records.handlers import Records
from hub.records.rulebook import Rulebook
from hub.rules.errors import TransientFailure
from hub.store import tasks
from hub.store.engine import Store
from hub.store.migrate import migrate
from tests.support.partner import Partner
from tests.support.works import now, working

DAY = date(2018, 8, 6)
EXAMPLE = Path(__file__).parents[2] / "schemas/examples/dossier.received.v1.json"
RULES = Rulebook.load()


class Deaf(Partner):
    """A partner that cannot be asked."""

    def find(self, request: Request) -> Receipt | Absence:  # noqa: ARG002
        """It is away."""
        raise TransientFailure("partner_unreachable")


def take_in(store: Store) -> str:
    """Let the real records take in a dossier and move it on; return its number."""
    body = EXAMPLE.read_bytes().replace(b"2.000880", b"1.001193")  # one that stays at the ward
    received = envelope.decode(body)
    moved = p.DossierProgressed(
        number=received.key,
        status=p.Status.PROCESSING,
        at=received.time + timedelta(hours=1),
        officer="Lê Văn Thử",
        unit="Địa chính",
    )
    records = Records(RULES)
    later = catalog.compose(moved, time=moved.at, source="workstation.1", id="moved-1")
    with store.write() as tx:
        for message in (received, later):
            say(tx, list(records(tx, message, catalog.read(message))), now())
    return received.key


def deliver(store: Store, partner: Partner) -> None:
    """Let everything that is open be delivered."""
    broker = MemoryBroker()
    with working(store, broker, partner) as works:
        works.relay.bell.ring()
        works.wait(lambda states: set(states) == {"delivered"})
    broker.close()


def compare(store: Store, partner: Partner) -> Report:
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
    assert partner.asked == 2
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
    assert compare(store, Deaf()).closed == 0  # not asked, so not known to be mended
    partner.ledger = kept
    assert compare(store, partner).closed == 1
    assert open_kinds(store) == []


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
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    migrate(store)
    number = take_in(store)
    store.close()
    hub = CliRunner()
    compared = hub.invoke(app, ["reconcile", "--day", "2018-08-06"])
    assert (compared.exit_code, "1 tasks opened" in compared.output) == (1, True)
    assert number in hub.invoke(app, ["tasks"]).output
    assert hub.invoke(app, ["tasks", "done", "1", "--reason", "told them"]).exit_code == 0
    assert number not in hub.invoke(app, ["tasks"]).output
    assert hub.invoke(app, ["tasks", "done", "1", "--reason", "again"]).exit_code == 1
    assert hub.invoke(app, ["reconcile", "--day", "2018-08-07"]).exit_code == 0
