"""Runs the pilot: private broker, both partners' simulators, a hub, an office, scheduled faults.

The hub is the real one, all roles in this process; the partners are processes of their own; the
broker is a private RabbitMQ node, a virtual host of its own at the broker of HUB_BROKER_URL, or the
in-process broker.
Business time is that of 2018, transport time is real with short waits.
"""

import contextlib
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from adapters.devices.barcode.simulator import BarcodeReader
from adapters.devices.barcode.source import BarcodeSource
from adapters.devices.scanner.claims import CLAIMED
from adapters.devices.scanner.source import ScannerSource
from adapters.simulation.process import SimulatorProcess
from hub.bootstrap.build import build
from hub.bootstrap.hub import Hub
from hub.broker.admin.own_vhost import own_vhost
from hub.drill.pilot import report as reporting
from hub.drill.pilot import scenario, table
from hub.drill.pilot.fault_schedule import PROVINCE, TOWN, FaultSchedule
from hub.drill.pilot.office import PilotOffice, attend_until
from hub.drill.pilot.partners import Secrets, start_province, start_town
from hub.drill.sandbox import loopback
from hub.drill.sandbox.programs import MissingProgram
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from hub.messages.catalog import PROVINCIAL, TOWN_CENTER
from hub.messages.payloads import Station
from hub.runtime import telemetry
from hub.runtime.role import Wakeup
from hub.settings import Settings
from hub.store.messages import outbox
from hub.store.monitoring import attention, work_counts

ROOM = 400
"""Unsettled deliveries above which the office waits: the faults then meet a working hub."""
AGENCY = "000.99.01.H57"
GIVE_UP_SECONDS = 1800.0
PROFILE = Path(__file__).with_name("profile.toml")
"""What differs between simulated partners and real ones."""
LOG = "hub.log"
"""Made first of all: a directory that has it is one of an earlier run."""


class InTheWay(Exception):
    """The directory is somebody else's; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    directory: Path
    dossiers: int
    seed: int = 2018
    faults: bool = True
    broker: str = "rabbitmq"
    province_mode: Literal["soap", "rest"] = "soap"
    broker_url: str = ""
    broker_management_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """The broker of the run; without an address the one inside the process."""

    url: str = ""
    management_url: str = ""
    node: PrivateRabbit | None = None
    """The private node, which may be killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that runs around the hub."""

    options: Options
    mix: scenario.Mix
    settings: Settings
    carrier: Carrier
    province: SimulatorProcess
    town: SimulatorProcess
    console: Console


def run(options: Options, console: Console) -> dict[str, Any]:
    """Run the pilot, print and write the report, and return it.

    Raises InTheWay and NoOwnVhost, nothing touched then.
    """
    started = time.monotonic()
    directory = options.directory
    _clear(directory)
    with contextlib.ExitStack() as stack:
        stack.enter_context(telemetry.logging_to(directory / LOG))
        stage = _set_up(options, console, stack)
        reader = BarcodeReader()
        stack.callback(reader.close)
        report = _play(stage, reader, started, stack)
    path = directory / "report.json"
    reporting.write(path, report)
    table.show(console, report)
    console.print(f"[dim]{path}[/]")
    return report


def _clear(directory: Path) -> None:
    """Make the directory anew; only what an earlier run left in it is removed."""
    if not directory.is_dir():
        if directory.exists():
            raise InTheWay(f"{directory} is a file")
    elif (directory / LOG).exists():
        shutil.rmtree(directory, ignore_errors=True)
    elif any(directory.iterdir()):
        raise InTheWay(f"{directory} holds something else than an earlier run; it is left alone")
    directory.mkdir(parents=True, exist_ok=True)


def _set_up(options: Options, console: Console, stack: contextlib.ExitStack) -> Stage:
    """Start broker and partners; `stack` ends them."""
    directory = options.directory
    carrier = _carrier(options, console, stack)
    keys = Secrets.generate(directory / "secrets")
    port = loopback.free_port()
    mix = scenario.scaled(scenario.load_mix(), options.dossiers)
    province = stack.enter_context(start_province(directory, keys, seed=options.seed))
    town = stack.enter_context(
        start_town(directory, keys, hub_port=port, until=mix.until, seed=options.seed)
    )
    return Stage(
        options=options,
        mix=mix,
        settings=_settings(options, carrier, keys, port, province, town),
        carrier=carrier,
        province=province,
        town=town,
        console=console,
    )


def _play(
    stage: Stage, reader: BarcodeReader, started: float, stack: contextlib.ExitStack
) -> dict[str, Any]:
    """Run hub and office until everything is done; return the report."""
    settings, mix = stage.settings, stage.mix
    at_desk: list[PilotOffice] = []
    barcode = BarcodeSource(reader.line, station=Station.RETURN, clock=lambda: at_desk[0].desk_time)
    hub = build(settings, sources=(_scanner(settings), barcode))
    stack.callback(hub.stop)
    for_desk, settled = Wakeup(), Wakeup()
    hub.committed += [for_desk.wake, settled.wake]
    office = PilotOffice(
        hub.store,
        hub.intake,
        reader,
        scans=settings.scans,
        rules=hub.records.rules,
        until=mix.until,
    )
    at_desk.append(office)
    hub.start()
    stop = threading.Event()
    desk = threading.Thread(
        target=attend_until, args=(office, stop, for_desk.wait), name="desk", daemon=True
    )
    stack.callback(stop.set)
    desk.start()
    crashes = _receive_all(stage, hub, office, settled)
    stop.set()
    desk.join()
    facts = reporting.Facts(
        ledgers={PROVINCIAL: stage.province.ledger_path, TOWN_CENTER: stage.town.ledger_path},
        until=mix.until,
        broker=hub.broker.name,
        database=hub.store.name,
        broker_kills=crashes,
        duration_s=time.monotonic() - started,
    )
    return reporting.compute(hub.store, hub.records.rules, facts)


def _scanner(settings: Settings) -> ScannerSource:
    rest = timedelta(seconds=settings.hot_folder_rest)
    return ScannerSource(settings.scans, poll=settings.hot_folder_poll, rest=rest)


def _receive_all(stage: Stage, hub: Hub, office: PilotOffice, settled: Wakeup) -> int:
    """Receive every dossier while faults happen, wait for the end; return the broker's kills."""
    options, mix, console = stage.options, stage.mix, stage.console
    schedule = FaultSchedule(
        {PROVINCE: stage.province, TOWN: stage.town},
        stage.carrier.node,
        report=lambda text: console.print(f"  [yellow]⚡[/] {text}"),
    )
    plans = scenario.plan(mix, office.rules, seed=options.seed, agency=AGENCY)
    with table.progress(console) as bar:
        taken = bar.add_task("Tiếp nhận", total=mix.total)
        returned = bar.add_task("Trả kết quả", total=mix.total)

        def show_returned() -> None:
            bar.update(returned, completed=office.returned)

        for count, planned in enumerate(plans, 1):
            while _unsettled(hub) > ROOM:
                settled.wait(0.1)
            office.receive(planned)
            bar.update(taken, completed=count)
            show_returned()
            if options.faults:
                schedule.at(count / mix.total)
        schedule.clear()
        _wait_for_end(hub, stage.town, settled, show_returned)
    return schedule.broker_kills


def _unsettled(hub: Hub) -> int:
    """Return how much the hub still has to do by itself."""
    with hub.store.read() as tx:
        waiting = work_counts.unhandled_count(tx) + outbox.backlog(tx)
        return waiting + work_counts.open_count(tx) - len(attention.stuck(tx))


def _wait_for_end(
    hub: Hub, town: SimulatorProcess, settled: Wakeup, show_returned: Callable[[], None]
) -> None:
    """Wait until hub, office and town have nothing left to do."""
    give_up = time.monotonic() + GIVE_UP_SECONDS
    quiet = 0
    while quiet < 3 and time.monotonic() < give_up:
        settled.wait(0.1)
        show_returned()
        busy = _unsettled(hub) or town.busy() or _scans(hub)
        quiet = 0 if busy else quiet + 1


def _scans(hub: Hub) -> int:
    folder = hub.settings.scans
    try:
        places = [*folder.iterdir(), *folder.glob(f"{CLAIMED}/*/*")]
    except FileNotFoundError:  # the scanner has just removed a folder that it was done with
        return 1
    return sum(1 for path in places if path.is_file())


def _settings(
    options: Options,
    carrier: Carrier,
    keys: Secrets,
    port: int,
    province: SimulatorProcess,
    town: SimulatorProcess,
) -> Settings:
    return Settings(
        data_dir=str(options.directory / "hub"),
        broker_url=carrier.url,
        broker_management_url=carrier.management_url,
        http_port=port,
        # Its due dates are those of 2018, the clock of its deliveries is today's.
        alert_hours=0,
        hot_folder_poll=0.1,
        hot_folder_rest=0.1,
        province_url=province.url,
        province_mode=options.province_mode,
        province_username=keys.province_username,
        province_password=keys.province_password,
        town_url=town.url,
        province_profile=str(PROFILE),
        town_profile=str(PROFILE),
        town_client_id=keys.town_client_id,
        town_client_secret=keys.town_client_secret,
        town_callback_secret=keys.town_callback_secret,
        file_token=keys.file_token,
        intake_token=secrets.token_urlsafe(24),
        connect_timeout=1,
        reply_timeout=3,
        retry_min_delay=0.1,
        retry_max_delay=1.5,
        circuit_min_open=0.2,
        circuit_max_open=1,
        reconcile_delay=0.2,
        reconcile_interval=1,
    )


def _carrier(options: Options, console: Console, stack: contextlib.ExitStack) -> Carrier:
    """Start the private node, unless another broker is wanted or none can be had.

    A broker that is there may be the one where a hub works: the run gets a virtual host of its own.
    """
    if options.broker == "memory":
        return Carrier()
    if options.broker_url:
        management_url = options.broker_management_url
        own = own_vhost(options.broker_url, management_url, prefix="hub-demo")
        return Carrier(url=stack.enter_context(own), management_url=management_url)
    node = PrivateRabbit(options.directory / "rabbit")
    try:
        with console.status("RabbitMQ đang khởi động …"):
            node.start()
    except MissingProgram as error:
        console.print(f"[yellow]No RabbitMQ here ({error}); using the in-process broker.[/]")
        return Carrier()
    stack.callback(node.stop)
    return Carrier(url=node.url, management_url=node.management_url, node=node)
