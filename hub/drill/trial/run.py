"""Starts a drill, keeps it alive, ends all of it.

A second start in the same directory goes on with what is there: the database, the broker's queues,
the partners' ledgers, the accounts. Only the day's dossiers are not handed in twice.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from adapters.simulation.process import SimulatorFailed
from hub.bootstrap.installation import open_store
from hub.drill.trial import accounts, certificate, devices, faults, hall
from hub.drill.trial.layout import Layout, environment
from hub.drill.trial.processes import (
    HubProcess,
    Partners,
    PrivateBroker,
    TrialFailed,
    start_broker,
    start_partners,
)
from hub.drill.trial.traffic import DAY, NotTaken, Traffic
from hub.environment import load
from hub.messages.queues import INGEST
from hub.rules.deliveries.states import DeliveryState
from hub.rules.users.scope import ALL
from hub.runtime.clock import utc_now
from hub.store.clients.key_file import KeyFile
from hub.store.console import groups
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair.replies import fault_classes
from hub.texts import text

STEP = timedelta(seconds=4)
"""Between two dossiers after the day."""
_NO_MESSAGE = "a text that is no message"
"""What a program that knows nothing of the hub publishes: it ends in `hub.invalid`."""
_CASES_WITHIN = timedelta(seconds=40)
"""How long the start waits for the cases that the day leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A drill that runs."""

    layout: Layout
    hub: HubProcess
    partners: Partners
    broker: PrivateBroker
    store: Store
    devices: devices.PlayedDevices | None
    """None in a drill without a counter."""


def run(layout: Layout, console: Console, *, empty: bool) -> None:
    """Run a drill until the process is interrupted. Raises TrialFailed."""
    _require(layout)
    layout.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        with _progress(console) as bar:
            trial = _start(layout, stack, bar, with_accounts=not empty)
            traffic = None if empty else _traffic(trial)
            if traffic is not None and traffic.is_new:
                _hand_in_day(trial, traffic, bar)
        _show(trial, console)
        _go_on(trial, traffic)


def _require(layout: Layout) -> None:
    """Raise TrialFailed where a port is taken or a secret is missing."""
    if taken := layout.taken_ports():
        ports = ", ".join(map(str, taken))
        raise TrialFailed(text("drill.ports_taken", ports=ports, other=layout.first_port + 1000))
    if not Path(layout.secret("intake_token")).exists():
        raise TrialFailed(text("drill.no_secrets", place=layout.secrets))


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    columns = (SpinnerColumn(), TextColumn("{task.description:38}"), BarColumn(bar_width=30))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        yield bar


def _start(layout: Layout, stack: ExitStack, bar: Progress, *, with_accounts: bool) -> Trial:
    """Start everything; `stack` ends it, the hub first."""
    first = bar.add_task(text("drill.starting"), total=None)
    broker = start_broker(layout.directory / "rabbit", layout, stack)
    partners = start_partners(layout, stack)
    certificate.make(layout.directory, now=utc_now())
    store = _made_store(layout, with_accounts=with_accounts)
    stack.callback(store.close)
    played = devices.start(layout.directory, stack) if with_accounts else None
    settings = layout.settings(_broker_of(broker, bar), played.settings if played else {})
    layout.write_settings({**settings, **accounts.command_line(layout.directory)})
    bar.update(first, total=1, completed=1)
    second = bar.add_task(text("drill.starting_hub"), total=None)
    hub = HubProcess(environment(os.environ, settings), layout.directory / "hub.log")
    stack.callback(hub.stop)
    bar.update(second, total=1, completed=1)
    return Trial(
        layout=layout, hub=hub, partners=partners, broker=broker, store=store, devices=played
    )


def _broker_of(broker: PrivateBroker, bar: Progress) -> Mapping[str, str]:
    settings = broker.starting.result()
    if not settings:
        bar.console.print(text("drill.no_broker"), style="yellow", soft_wrap=True)
    return settings


def _made_store(layout: Layout, *, with_accounts: bool) -> Store:
    """Return the store, with the client of a partner's developer, and with accounts if wanted."""
    settings = load(environment({}, layout.settings({})))
    key_file, now = KeyFile(settings.derivation_key), utc_now()
    store = open_store(settings, migrating=True)
    try:
        accounts.make_client(store, layout.directory, key_file=key_file, now=now)
        if with_accounts:
            accounts.make(
                store, layout.directory, key_file=key_file, language=layout.language, now=now
            )
            hall.make(store, layout.directory, address=layout.address("counter"), now=now)
    except BaseException:
        store.close()
        raise
    return store


def _traffic(trial: Trial) -> Traffic:
    layout = trial.layout
    return Traffic(
        layout.directory,
        url=layout.address("hub"),
        token=Path(layout.secret("intake_token")).read_text(encoding="ascii").strip(),
        scans=layout.directory / "hub" / "scans",
        now=utc_now(),
    )


def _hand_in_day(trial: Trial, traffic: Traffic, bar: Progress) -> None:
    """Hand the day in and wait for the cases that it leaves, as long as a person has patience."""
    faults.begin_day(trial.partners)
    day = bar.add_task(text("drill.day"), total=DAY)
    for _ in traffic.hand_in_day():
        bar.advance(day)
    if trial.broker.node.running:
        trial.broker.node.publish(INGEST, _NO_MESSAGE)
    cases = bar.add_task(text("drill.cases"), total=None)
    tick, waits = threading.Event(), round(_CASES_WITHIN / timedelta(seconds=0.2))
    # Another process brings them about and gives no signal.
    any(_cases_are_there(trial.store) or tick.wait(0.2) for _ in range(waits))
    bar.update(cases, total=1, completed=1)


def _cases_are_there(store: Store) -> bool:
    with store.read() as tx:
        open_states = {it.state for it in groups.needing_attention(tx, ALL)}
        unknown_codes = tasks.open_of_kind(tx, fault_classes.KIND)
    return {DeliveryState.DEAD, DeliveryState.AMBIGUOUS} <= open_states and bool(unknown_codes)


def _show(trial: Trial, console: Console) -> None:
    layout, here = trial.layout, Path.cwd()

    def shown(path: Path) -> str:
        return str(path.relative_to(here) if path.is_relative_to(here) else path)

    ports = layout.ports
    address, sign_in = f"{layout.address('console')}/", "script/run --drill --sign-in"
    lines = [
        text(
            "drill.guide",
            address=f"{layout.address('hub')}/docs",
            key=shown(layout.directory / "partner.key"),
        ),
        text("drill.simulators", province=ports["province_control"], town=ports["town_control"]),
        text("drill.settings", file=shown(layout.directory / "settings")),
    ]
    if layout.accounts.exists():
        names = ", ".join(accounts.PERSONS)
        pages = {
            kind: shown(hall.start_page(layout.directory, it)) for it, kind in hall.DEVICES.items()
        }
        lines.insert(0, text("drill.hall", **pages))
        lines.insert(0, text("drill.accounts", names=names, command=sign_in))
        lines.insert(0, text("drill.console", address=address))
    if trial.devices is not None:
        scans, reader = layout.directory / "hub" / "scans", trial.devices.reader
        lines.append(text("drill.devices", scans=shown(scans), reader=shown(reader)))
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    ready = text("drill.ready", console=address, hub=layout.address("hub"))
    console.print(ready, style="green", soft_wrap=True, highlight=False, markup=False)


def _go_on(trial: Trial, traffic: Traffic | None) -> None:
    """Work until the process is interrupted. Raises TrialFailed when the hub has ended."""
    number, visitors = 0, hall.Visitors(trial.store)
    while not trial.hub.ended_within(STEP.total_seconds()):
        if traffic is not None:
            visitors.step(utc_now())
            # A simulator that a person has ended, a gateway that refuses: the next step tries anew.
            with suppress(NotTaken, SimulatorFailed):
                faults.step(trial.partners, number)
                traffic.step()
            number += 1
    log = trial.layout.directory / "hub.log"
    raise TrialFailed(text("drill.hub_ended", log=log, why=""))
