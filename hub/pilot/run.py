"""Runs the pilot: private broker, both partners' simulators, one hub, one office, some weather.

The hub is the real one, all roles in this process; the partners are processes of their own; the
broker is a private RabbitMQ node, an existing one (HUB_BROKER_URL) or the in-process broker.
Business time is that of 2018, transport time is real with short waits.
"""

import contextlib
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from adapters.devices.barcode.simulator import BarcodeReader
from adapters.devices.barcode.source import BarcodeSource
from adapters.devices.scanner.source import ScannerSource
from adapters.simulation.process import SimulatorProcess
from hub import telemetry
from hub.bootstrap import Hub, build
from hub.messages.catalog import PROVINCIAL, TOWN_CENTER
from hub.messages.payloads import Station
from hub.pilot import report as reporting
from hub.pilot import scenario, table
from hub.pilot.office import Office, attend_until, receive_all
from hub.pilot.partners import Secrets, start_province, start_town
from hub.pilot.weather import PROVINCE, TOWN, Weather
from hub.sandbox import loopback
from hub.sandbox.programs import MissingProgram
from hub.sandbox.rabbit_node import PrivateRabbit
from hub.service import Bell
from hub.settings import Settings
from hub.store import outbox, queries

ROOM = 400
"""Unsettled deliveries above which the office waits: the weather then meets a working hub."""
AGENCY = "000.99.01.H57"
GIVE_UP_SECONDS = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    directory: Path
    dossiers: int
    seed: int = 2018
    faults: bool = True
    broker: str = "rabbitmq"
    broker_url: str = ""
    broker_management_url: str = ""


def run(options: Options, console: Console) -> dict[str, Any]:
    """Run the pilot, print and write the report, and return it."""
    started = time.monotonic()
    directory = options.directory
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(telemetry.logging_to(directory / "hub.log"))
        node = _broker(options, console, stack)
        keys = Secrets.generate(directory / "secrets")
        port = loopback.free_port()
        mix = scenario.scaled(scenario.load_mix(), options.dossiers)
        province = stack.enter_context(start_province(directory, keys, seed=options.seed))
        town = stack.enter_context(
            start_town(directory, keys, hub_port=port, until=mix.until, seed=options.seed)
        )
        settings = _settings(options, node, keys, port, province, town)
        report = _play(options, mix, settings, node, province, town, started, console, stack)
    path = directory / "report.json"
    reporting.write(path, report)
    table.show(console, report)
    console.print(f"[dim]{path}[/]")
    return report


def _play(
    options: Options,
    mix: scenario.Mix,
    settings: Settings,
    node: PrivateRabbit | None,
    province: SimulatorProcess,
    town: SimulatorProcess,
    started: float,
    console: Console,
    stack: contextlib.ExitStack,
) -> dict[str, Any]:
    reader = BarcodeReader()
    stack.callback(reader.close)
    committed = Bell()
    times: list[Office] = []
    sources = (
        ScannerSource(settings.scans, poll=settings.hot_folder_poll),
        BarcodeSource(reader.line, station=Station.RETURN, clock=lambda: times[0].desk_time),
    )
    hub = build(settings, sources=sources)
    settled = Bell()
    hub.committed += [committed.ring, settled.ring]
    stack.callback(hub.stop)
    rules = hub.records.rules
    office = Office(
        hub.store, hub.intake, reader, scans=settings.scans, rules=rules, until=mix.until
    )
    times.append(office)
    hub.start()
    weather = Weather(
        {PROVINCE: province, TOWN: town},
        node if options.faults else None,
        report=lambda text: console.print(f"  [yellow]⚡[/] {text}"),
    )
    stop = threading.Event()
    desk = threading.Thread(
        target=attend_until, args=(office, stop, committed.wait), name="desk", daemon=True
    )
    stack.callback(stop.set)
    desk.start()
    plans = scenario.plan(mix, rules, seed=options.seed, agency=AGENCY)
    with _progress(console) as bar:
        taken = bar.add_task("Tiếp nhận", total=mix.total)
        returned = bar.add_task("Trả kết quả", total=mix.total)
        count = 0

        def went_on() -> None:
            nonlocal count
            count += 1
            bar.update(taken, completed=count)
            bar.update(returned, completed=office.returned)
            if options.faults:
                weather.at(count / mix.total)

        receive_all(office, plans, may_go_on=lambda: _wait_for_room(hub, settled), progress=went_on)
        weather.clear()
        _wait_for_end(hub, town, settled, lambda: bar.update(returned, completed=office.returned))
    stop.set()
    desk.join()
    facts = reporting.Facts(
        ledgers={PROVINCIAL: province.ledger_path, TOWN_CENTER: town.ledger_path},
        until=mix.until,
        broker=_name_of(options, node),
        database=hub.store.name,
        broker_kills=weather.broker_kills,
        duration_s=time.monotonic() - started,
    )
    return reporting.compute(hub.store, rules, facts)


def _unsettled(hub: Hub) -> int:
    """Return how much the hub still has to do by itself."""
    with hub.store.read() as tx:
        waiting = queries.unhandled_count(tx) + outbox.backlog(tx)
        return waiting + queries.open_count(tx) - len(queries.stuck(tx))


def _wait_for_room(hub: Hub, settled: Bell) -> None:
    while _unsettled(hub) > ROOM:
        settled.wait(0.1)


def _wait_for_end(
    hub: Hub, town: SimulatorProcess, settled: Bell, look: Callable[[], None]
) -> None:
    """Wait until hub, office and town have nothing left to do."""
    give_up = time.monotonic() + GIVE_UP_SECONDS
    quiet = 0
    while quiet < 3 and time.monotonic() < give_up:
        settled.wait(0.1)
        look()
        busy = _unsettled(hub) or town.busy() or _scans(hub)
        quiet = 0 if busy else quiet + 1


def _scans(hub: Hub) -> int:
    return sum(1 for path in hub.settings.scans.iterdir() if path.is_file())


def _settings(
    options: Options,
    node: PrivateRabbit | None,
    keys: Secrets,
    port: int,
    province: SimulatorProcess,
    town: SimulatorProcess,
) -> Settings:
    return Settings(
        data_dir=str(options.directory / "hub"),
        broker_url=node.url if node else options.broker_url,
        broker_management_url=node.management_url if node else options.broker_management_url,
        http_port=port,
        hot_folder_poll=0.1,
        province_url=province.url,
        province_username=keys.province_username,
        province_password=keys.province_password,
        town_url=town.url,
        town_client_id=keys.town_client_id,
        town_client_secret=keys.town_client_secret,
        town_callback_secret=keys.town_callback_secret,
        file_token=keys.file_token,
        intake_token=secrets.token_urlsafe(24),
        connect_timeout=1,
        reply_timeout=3,
        retry_first=0.1,
        retry_longest=1.5,
        settle_delay=0.2,
        reconcile_again=1,
    )


def _broker(
    options: Options, console: Console, stack: contextlib.ExitStack
) -> PrivateRabbit | None:
    if options.broker == "memory" or options.broker_url:
        return None
    try:
        node = PrivateRabbit(options.directory / "rabbit")
        with console.status("RabbitMQ đang khởi động …"):
            node.start()
    except MissingProgram as error:
        console.print(f"[yellow]No RabbitMQ here ({error}); using the in-process broker.[/]")
        return None
    stack.callback(node.stop)
    return node


def _name_of(options: Options, node: PrivateRabbit | None) -> str:
    return "rabbitmq" if node or options.broker_url else "memory"


@contextlib.contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    columns = (
        TextColumn("{task.description:12}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        yield bar
