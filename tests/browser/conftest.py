"""Chromium, a console over a store with cases, and axe-core."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from adapters.identities.calls import Calls
from adapters.identities.provider import OidcProvider, Registration
from hub.drill.sandbox.programs import MissingProgram
from hub.exchange.outbox.emit import emit
from hub.messages.envelope import encode
from hub.operations.alerts import acting
from hub.operations.alerts.evaluating import Evaluating
from hub.operations.approvals import deciding, discarding
from hub.operations.approvals.terms import CancelTerms, of_cancel
from hub.operations.flow.sampling import FlowSampling
from hub.operations.signed_by import SignedBy
from hub.rules.alerts.notifying import Silence
from hub.rules.alerts.plan import AlertPlan, ChannelSettings, Step
from hub.rules.alerts.reading import packaged
from hub.rules.alerts.signals import Measurement, Observed
from hub.rules.devices.health import DeviceFinding
from hub.rules.users.approvals import ApprovalVerb
from hub.rules.users.rights import UserRole
from hub.store.devices import states
from hub.store.engine.store import Store
from hub.store.messages import journal
from hub.store.messages.journal import JournalEntry
from hub.store.repair import comparisons, replay_work, replays, tasks
from hub.store.repair.comparisons import result_of
from hub.store.repair.replay_work import ReplayPhase
from hub.store.repair.replays import ReplayFilter, ReplayItem
from hub.store.repair.tasks import TaskFinding
from hub.texts import Text
from tests.browser.cases import settled
from tests.support.console import TO, dead, looking, person
from tests.support.database.stores import empty_store
from tests.support.users import add_user
from tests.support.works import AT, now, number, record, step

PLANNED_OF = ReplayFilter(destination=TO)
PLANNED = ReplayItem(delivery_id=1, attempts=1, fault="partner_refused", verdict="would_send")
PARKED = record(7, 1).id
"""A message that is parked."""
AXE = Path(__file__).parents[2] / "var/foreign/node_modules/axe-core/axe.min.js"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the twelve cases took."""
    if lines := settled.table():
        terminalreporter.section("cases settled by mouse")
        terminalreporter.write("\n".join([*lines, ""]))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    program = shutil.which("chromium")
    if program is None:
        raise MissingProgram("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The checker of accessibility, as a script."""
    if not AXE.is_file():
        raise MissingProgram("axe-core", "npm")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with failures, a held follower, a task, samples of the flow, and incidents."""
    store = empty_store(tmp_path_factory.mktemp("console") / "hub.db")
    with store.write() as tx:
        for n in range(1, 6):
            dead(tx, record(n, 1))
        emit(tx, [step(1, 2), record(6, 1), record(6, 2)], AT)
        finding = TaskFinding(
            kind="differs",
            subject=number(1),
            destination=TO,
            owner="ward clerk",
            detail=Text("khác", "differs"),
            repair=Text("sửa", "repair it"),
        )
        plan = replays.create(tx, PLANNED_OF, [PLANNED], actor="Trần Thị Bình", now=AT)
        replay_work.add(tx, plan, ReplayPhase.READY, total=1)
        found = result_of([finding], dossiers=9, opened=1, closed=0, unsure=1)
        comparisons.add(tx, AT.date(), TO, form="f", actor="Trần Thị Bình", now=AT, result=found)
        tasks.open_once(tx, finding, due_at=AT, now=AT)
        early = record(7, 1)
        entry = JournalEntry(early, encode(early))
        journal.park(tx, entry, AT, code="dossier_unknown", reason="$: no such dossier")
    FlowSampling(store, [TO]).sample(now())
    _propose(store)
    _have_incidents(store)
    with store.write() as tx:
        for name, findings in (("may-in", ()), ("may-quet", (DeviceFinding("folder_away", "x"),))):
            states.keep(tx, name, kind="x", place="quầy 1", findings=findings, now=now())
    yield store
    store.close()


def _have_incidents(store: Store) -> None:
    """Have one incident that is taken and silenced, one that waits, and one that ended."""
    rules = [it for it in packaged().rules if it.signal in ("disk_free", "oldest_open")]
    rules = [replace(it, after=timedelta(), clear_after=timedelta()) for it in rules]
    channels = [ChannelSettings(name="truc", kind="mail", person="Trực CNTT")]
    steps = [Step(after=timedelta(), channels=("truc",))]
    plan = AlertPlan(rules=rules, channels=channels, steps=steps)
    evaluating = Evaluating(store=store, plan=plan, is_day_off=lambda _at: False)
    disks = [
        Measurement(signal="disk_free", subject=f"may-{n}", value=value)
        for n, value in ((1, 3.0), (2, 12.0), (3, 12.0))
    ]
    for found in (disks, disks[:2]):
        evaluating.evaluate(Observed(frozenset({"disk_free"}), found), now())
    by: SignedBy = {"actor": "Trần Thị Bình", "reason": "đang thay đĩa", "now": now()}
    until = now() + timedelta(hours=4)
    acting.acknowledge(store, 1, until=until, by=by)
    silence = Silence(rule="disk_free", subject="may-1", until=until)
    acting.silence(store, silence, rules=["disk_free"], by=by)


def _propose(store: Store) -> None:
    """Have one act that waits for the visitor as the second person."""
    add_user(store, "an", role=UserRole.HEAD, now=now())
    who = person(UserRole.HEAD, name="an")
    by: SignedBy = {"actor": who.actor, "reason": "withdrawn at the counter", "now": now()}
    deciding.propose(
        store,
        ApprovalVerb.CANCEL,
        2,
        expected="dead",
        terms=of_cancel(CancelTerms()),
        who=who,
        by=by,
    )
    discarding.propose_discard_parked(store, {PARKED: "dossier_unknown"}, who=who, by=by)


@pytest.fixture(scope="session")
def managing(cases: Store) -> Iterator[str]:
    """The address of the same console, as a person sees it who manages accounts."""
    at = Registration(
        issuer="https://id.example", client_id="hub", redirect_uri="https://x.example"
    )
    made, role = OidcProvider(at, Calls(), clock=now), UserRole.OPERATOR
    with looking(cases, role=role, oidc_issuer=at.issuer, identities=made) as client:
        yield str(client.base_url).rstrip("/")


@pytest.fixture(scope="session")
def console(cases: Store) -> Iterator[str]:
    """The console's address."""
    with looking(cases) as client:
        yield str(client.base_url).rstrip("/")
