"""The counter's hall: the role that serves kiosk and display, and the one that watches them."""

from hub.bootstrap.counter import counter_plan, reader_keys
from hub.bootstrap.files.secret_files import secret
from hub.bootstrap.hub import Hub
from hub.counter.app import create_app
from hub.counter.health import ScreenWatching
from hub.counter.live_lines import LiveLines
from hub.counter.parts import CounterParts
from hub.gateway.clients.proxies import Proxies
from hub.gateway.serve import WebRole
from hub.rules.clients.client import networks
from hub.runtime.role import Role
from hub.settings import COUNTER


def make_counter(hub: Hub) -> list[Role]:
    """Return the role that serves the hall, and the one that keeps the state of its devices."""
    settings, lines = hub.settings, LiveLines()
    proxies = Proxies(networks(settings.proxy_addresses), secret(settings, "proxy_secret"))
    parts = CounterParts(
        store=hub.store,
        clock=hub.clock,
        intake=hub.intake,
        rules=hub.records.rules,
        agency=settings.province_agency,
        plan=counter_plan(settings),
        reader=reader_keys(settings),
        address_of=proxies.address_of,
    )
    web = WebRole(
        create_app(parts, lines),
        name=COUNTER,
        host=settings.counter_host,
        port=settings.counter_port,
    )
    return [web, ScreenWatching(hub.store, lines, clock=hub.clock)]
