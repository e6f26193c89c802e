"""A drill for the stories: a hub in a process of its own, both simulators, two persons.

The processes are those of `script/run --drill`, without its day and its traffic: a story hands in
the dossiers that it needs, and switches the partners' faults itself. Database and broker are behind
lines that can be cut. Waits of the hub are short, so that a story meets in seconds what otherwise
takes minutes.
"""

import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from playwright.sync_api import Browser, Page

from adapters.devices.scanner.simulator import scan
from adapters.wire.http import Wire
from hub.bootstrap.installation import open_store
from hub.broker.admin import declare, figures
from hub.broker.rabbit.target import Target
from hub.broker.topology import TOPOLOGY
from hub.drill.pilot import scenario
from hub.drill.pilot.scenario import Mix, Planned, Share
from hub.drill.sandbox import loopback
from hub.drill.sandbox.files import write_private
from hub.drill.trial import accounts, certificate
from hub.drill.trial.layout import Layout, environment
from hub.drill.trial.processes import HubProcess, Partners, start_partners
from hub.drill.trial.traffic import AGENCY, last_working_day
from hub.environment import load
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.messages.local_time import LOCAL
from hub.messages.queues import DEAD
from hub.operations.deliveries import actions
from hub.operations.deliveries.actions import Resolution
from hub.operations.signed_by import SignedBy
from hub.records.rulebook import Rulebook
from hub.runtime.clock import utc_now
from hub.store.clients.key_file import KeyFile
from hub.store.console import history
from hub.store.console.listing import ListedDelivery
from hub.store.engine.store import Store
from hub.store.messages.journal import JournalEntry, park
from hub.store.schema.tables.exchange import STATE_HANDLED, journal
from tests.browser.cases.person import Person
from tests.support.network.tcp_proxy import TcpProxy

BIRTH = "1.001193"
"""A procedure of the ward alone: registering a birth."""
SECRETS = (
    "file_token",
    "intake_token",
    "province_password",
    "town_client_secret",
    "town_callback_secret",
)
QUICK = {
    "HUB_RETRY_MIN_DELAY": "0.5",
    "HUB_RETRY_MAX_DELAY": "1",
    "HUB_CIRCUIT_MIN_OPEN": "1",
    "HUB_CIRCUIT_MAX_OPEN": "1.5",
    "HUB_RECONCILE_DELAY": "0.5",
    "HUB_RECONCILE_INTERVAL": "0.5",
    "HUB_SWEEP_INTERVAL": "1",
    "HUB_HOT_FOLDER_REST": "0.5",
    "HUB_HOT_FOLDER_POLL": "0.2",
}
PORTS = 10
"""Of a drill."""
WITHIN = timedelta(seconds=12)
"""How long another process may take to bring a case about."""


@dataclass(kw_only=True)
class Ward:
    """A hub at work, its partners, and the persons' browsers."""

    chromium: Browser
    layout: Layout
    partners: Partners
    store: Store
    gateway: Wire
    to_database: TcpProxy
    to_broker: TcpProxy
    to_management: TcpProxy
    broker_urls: tuple[str, str]
    """Of messages and of management, past the lines."""
    day: date
    """The last working day: what was handed in then is due soon."""
    _planned: Iterator[Planned]
    _sessions: dict[str, str] = field(default_factory=dict)

    def person(self, name: str = "operator") -> Person:
        """Return a person who is signed in and sees the overview, in Vietnamese."""
        url = self.layout.address("console")
        kept = self._sessions.get(name)
        context = self.chromium.new_context(base_url=url, locale="vi", storage_state=kept)
        context.set_default_timeout(8000)
        page = context.new_page()
        page.goto("/")
        if kept is None:
            self._sign_in(page, name)
            kept = str(self.layout.directory / f"session-{name}.json")
            context.storage_state(path=kept)
            self._sessions[name] = kept
        return Person(page)

    def _sign_in(self, page: Page, name: str) -> None:
        who = next(it for it in accounts.sign_ins(self.layout.directory) if it.name == name)
        page.locator("#name").fill(name)
        page.locator("#password").fill(who.password)
        page.keyboard.press("Enter")
        page.locator("#code").fill(who.code)
        page.keyboard.press("Enter")
        page.locator("#code").wait_for(state="detached")

    def hand_in(self, count: int = 1) -> Sequence[str]:
        """Have the counter hand in so many dossiers; return their numbers."""
        return [self._receive(next(self._planned).reception) for _ in range(count)]

    def _receive(self, reception: p.DossierReceived) -> str:
        self.post(reception, reception.received_at)
        return reception.number

    def post(self, payload: p.Payload, at: datetime) -> None:
        """Hand a message in at the gateway, as the counter does."""
        token = Path(self.layout.secret("intake_token")).read_text(encoding="ascii").strip()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        body = envelope.encode(catalog.compose(payload, time=at, source="counter-1"))
        reply = self.gateway.call("POST", "/messages", body=body, headers=headers)
        assert reply.status == HTTPStatus.ACCEPTED, reply.body[:300]

    def deliveries(self, number: str) -> Sequence[ListedDelivery]:
        """Return the deliveries of a dossier."""
        with self.store.read() as tx:
            return history.of_number(tx, number).deliveries

    def states(self, number: str) -> Sequence[str]:
        """Return the states of the deliveries of a dossier, in their order."""
        return [it.state for it in self.deliveries(number)]

    def scan(self, number: str) -> None:
        """Scan the first paper of a dossier; the same file each time. Return when it was taken."""
        at = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
        scans = self.layout.directory / "hub" / "scans"
        path = scan(scans, number=number, component="TP07-TK", title="giay to", at=at)
        self.until(lambda: not path.exists(), path)

    def stored_files(self) -> Sequence[Path]:
        """Return the bodies of all files that the hub keeps."""
        files = self.layout.directory / "hub" / "files"
        return [it for it in files.rglob("*") if it.is_file() and not it.name.startswith(".")]

    def park(self) -> str:
        """Have the message of a new dossier parked, as a fault of the hub that is fixed left it."""
        reception = next(self._planned).reception
        message = catalog.compose(reception, time=reception.received_at, source="counter-1")
        entry = JournalEntry(message, envelope.encode(message))
        with self.store.write() as tx:
            park(tx, entry, utc_now(), code="handler_failed", reason="KeyError")
        return reception.number

    def put_aside(self, number: str) -> None:
        """Have the message that opened a dossier lie in `hub.dead`, too."""
        query = sa.select(journal.c.body).where(
            journal.c.key == number, journal.c.state == STATE_HANDLED
        )
        with self.store.read() as tx:
            body = tx.execute(query).scalars().first()
        assert body
        connection = declare.open_blocking(Target.parse(self.broker_urls[0]), "test")
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", DEAD, body)
        connection.close()
        # The broker counts what it has every few seconds, and the page shows what is counted.
        self.until(lambda: bool(figures.read(TOPOLOGY, *self.broker_urls).peeked), number)

    def resolve_wrongly(self, number: str) -> None:
        """Have somebody say that the partner has what it does not have."""
        first = self.deliveries(number)[0]
        by: SignedBy = {"actor": "Trần Thị Bình", "reason": "by mistake", "now": utc_now()}
        actions.resolve(self.store, first.id, Resolution.DELIVERED, reference="", **by)

    def until(self, reached: Callable[[], bool], what: object = "") -> None:
        """Wait until another process has brought something about."""
        tick = threading.Event()
        end = utc_now() + WITHIN
        while not reached():
            assert utc_now() < end, what
            tick.wait(0.05)

    def until_states(self, number: str, *states: str) -> None:
        """Wait until the deliveries of a dossier are in these states."""
        self.until(lambda: list(self.states(number)) == list(states), (number, states))


@contextmanager
def ward(
    chromium: Browser,
    place: Path,
    *,
    database_url: str,
    broker_url: str,
    management_url: str,
) -> Iterator[Ward]:
    """Start a drill in a directory; end all of it."""
    layout, rules = _layout(place), Rulebook.load()
    day = last_working_day(utc_now().astimezone(LOCAL).date(), rules)
    urls = (database_url, broker_url, management_url)
    with ExitStack() as stack:
        lines = [stack.enter_context(_line_to(url)) for url in urls]
        partners = start_partners(layout, stack)
        store = _started(layout, stack, urls, lines)
        gateway = Wire(layout.address("hub"))
        stack.callback(gateway.close)
        yield Ward(
            chromium=chromium,
            layout=layout,
            partners=partners,
            store=store,
            gateway=gateway,
            to_database=lines[0],
            to_broker=lines[1],
            to_management=lines[2],
            broker_urls=(broker_url, management_url),
            day=day,
            _planned=_plan(rules, day),
        )


def _started(
    layout: Layout, stack: ExitStack, urls: Sequence[str], lines: Sequence[TcpProxy]
) -> Store:
    """Start the hub behind the lines, with its accounts; return its store."""
    names = ("HUB_DATABASE_URL", "HUB_BROKER_URL", "HUB_BROKER_MANAGEMENT_URL")
    behind = {
        name: line.instead_of(url) for name, line, url in zip(names, lines, urls, strict=True)
    }
    settings = {**layout.settings(behind), **QUICK}
    certificate.make(layout.directory, now=utc_now())
    own = load(environment({}, {**settings, "HUB_DATABASE_URL": urls[0]}))
    store = open_store(own, migrating=True)
    stack.callback(store.close)
    key = KeyFile(own.derivation_key)
    accounts.make(store, layout.directory, key_file=key, language="vi", now=utc_now())
    hub = HubProcess(environment(os.environ, settings), layout.directory / "hub.log")
    stack.callback(hub.stop)
    return store


def _layout(place: Path) -> Layout:
    (place / "secrets").mkdir(mode=0o700)
    for name in SECRETS:
        write_private(place / "secrets" / name, f"{secrets.token_hex(16)}\n")
    layout = Layout(
        directory=place / "drill",
        secrets=place / "secrets",
        first_port=loopback.first_of_free_ports(PORTS),
        language="vi",
    )
    layout.directory.mkdir(mode=0o700)
    return layout


@contextmanager
def _line_to(url: str) -> Iterator[TcpProxy]:
    parts = urlsplit(url)
    with TcpProxy(parts.hostname or "", parts.port or 0) as proxy:
        yield proxy


def _plan(rules: Rulebook, day: date) -> Iterator[Planned]:
    """Yield dossiers that were handed in on a day."""
    until = datetime.combine(day, datetime.min.time(), LOCAL) + timedelta(hours=19)
    share = Share("Hộ tịch", 200, (BIRTH,), day, day)
    return scenario.plan(
        Mix(day, until, slips=0, shares=(share,)), rules, seed=1, agency=AGENCY, first=1
    )
