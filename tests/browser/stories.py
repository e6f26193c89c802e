"""The console of the stories: accounts, cases, and lines to database and broker that can be cut."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from hub.broker.admin import declare
from hub.broker.topology import TOPOLOGY
from hub.exchange.outbox.emit import emit
from hub.rules.deliveries.states import DeliveryState
from hub.rules.users.rights import UserRole
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from tests.support.console import dead, looking, sending
from tests.support.network.tcp_proxy import TcpProxy
from tests.support.services import RabbitService
from tests.support.users import CODE_KEY, PASSWORD, add_user, code_of
from tests.support.works import AT, now, record, step

MINUTE = timedelta(minutes=1)


class ClockAhead:
    """The machine's clock, put forward before each sign-in: a one-time code works once."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return now() + self.by


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Browsers at one console."""

    chromium: Browser
    url: str
    store: Store
    clock: ClockAhead
    to_database: TcpProxy
    to_broker: TcpProxy

    def browser(self, language: str = "en") -> Page:
        """Return a page of a browser that knows nothing yet."""
        context = self.chromium.new_context(base_url=self.url, locale=language)
        return context.new_page()

    def code(self, name: str) -> str:
        """Return what the person's device shows, in the next minute."""
        self.clock.by += MINUTE
        return code_of(self.store, name, self.clock())

    def sign_in(self, page: Page, name: str) -> None:
        """Type name, password and code into the form that the page shows; by keyboard alone."""
        page.locator("#name").focus()
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.locator("#code").wait_for()
        page.locator("#code").focus()
        page.keyboard.type(self.code(name))
        page.keyboard.press("Enter")
        page.locator("#code").wait_for(state="detached")
        page.wait_for_load_state()  # before, keys are typed into nothing

    def signed_in(self, name: str, path: str = "/") -> Page:
        """Return a page of a browser at which a person is signed in."""
        page = self.browser()
        page.goto(path)
        self.sign_in(page, name)
        return page


@contextmanager
def desk(
    chromium: Browser, database_url: str, rabbit: RabbitService, broker_url: str
) -> Iterator[Desk]:
    """Serve the console over a database with cases and two persons: Bình operates, An is head."""
    declare.apply(TOPOLOGY, broker_url, rabbit.management_url)
    clock = ClockAhead()
    with _line_to(database_url) as to_database, _line_to(broker_url) as to_broker:
        store = Store(to_database.instead_of(database_url))
        with store.write() as tx:
            for n in range(1, 4):
                dead(tx, record(n, 1))
            emit(tx, [step(1, 2)], AT)
            unknown = sending(tx, record(4, 1))
            transitions.doubt(
                tx,
                unknown,
                from_state=DeliveryState.SENDING,
                query_at=None,
                code="reply_timeout",
                detail="x",
            )
        add_user(store, "binh", password=PASSWORD, now=clock())
        add_user(store, "an", role=UserRole.HEAD, password=PASSWORD, now=clock())
        with looking(
            store,
            clock=clock,
            signed_in=False,
            broker_url=to_broker.instead_of(broker_url),
            code_key=lambda: CODE_KEY,
        ) as client:
            yield Desk(
                chromium=chromium,
                url=str(client.base_url).rstrip("/"),
                store=store,
                clock=clock,
                to_database=to_database,
                to_broker=to_broker,
            )
        store.close()


@contextmanager
def _line_to(url: str) -> Iterator[TcpProxy]:
    parts = urlsplit(url)
    with TcpProxy(parts.hostname or "", parts.port or 0) as proxy:
        yield proxy
