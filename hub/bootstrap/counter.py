"""The counter: its plan, how its readers type, and the role that serves kiosk and display."""

import re

from hub.bootstrap.files.secret_files import secret
from hub.bootstrap.files.toml_file import toml_text
from hub.bootstrap.hub import Hub
from hub.counter.app import create_app
from hub.counter.health import ScreenWatching
from hub.counter.live_lines import LiveLines
from hub.counter.parts import CounterParts
from hub.gateway.clients.proxies import Proxies
from hub.gateway.serve import WebRole
from hub.rules.clients.client import networks
from hub.rules.counter import plan
from hub.rules.counter.plan import CounterPlan
from hub.rules.toml.reading import TomlFileWrong
from hub.runtime.role import Role
from hub.settings import COUNTER, Settings, SettingsError
from hub.texts import text
from hub.web.reader import ReaderKeys

_PREFIX = re.compile(r"[0-9A-Za-z.-]{0,8}", re.ASCII)


def counter_plan(settings: Settings) -> CounterPlan:
    """Return the desks and the categories of tickets. Raises SettingsError for a file without
    use.
    """
    file = settings.counter_file
    if not file:
        return plan.packaged()
    try:
        return plan.parse(toml_text(file), file)
    except TomlFileWrong as error:
        raise SettingsError(f"HUB_COUNTER_FILE:\n{error}") from None


def reader_keys(settings: Settings) -> ReaderKeys:
    """Return what the barcode readers type around a code. Raises SettingsError."""
    if not _PREFIX.fullmatch(settings.reader_prefix):
        raise SettingsError(f"HUB_READER_PREFIX: {text('settings_problems.reader_prefix')}")
    return ReaderKeys(settings.reader_prefix, settings.reader_suffix)


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
