"""The composition root: the only place that knows the concrete parts and puts them together.

`build` makes a hub out of settings; nothing runs before `start`. Stopping goes against the stream:
first what lets things in, then what works on them, then what carries, then what remembers.
"""

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from adapters.devices.barcode.source import BarcodeSource
from adapters.devices.scanner.source import ScannerSource
from adapters.town_center.callbacks.source import TownCallbacks
from hub.bootstrap.installation import id_of, mark_of, open_store
from hub.bootstrap.partners import (
    make_contract_readers,
    make_destinations,
    pull_by_password,
    town_settings,
)
from hub.bootstrap.retention import make_archive
from hub.broker.admin import declare, ownership
from hub.broker.memory import MemoryBroker
from hub.broker.rabbit.broker import RabbitBroker
from hub.broker.topology import TOPOLOGY
from hub.exchange.admission.admission import Admission
from hub.exchange.delivery.deliver import Deliver, lease_of
from hub.exchange.delivery.reconcile import Reconcile
from hub.exchange.delivery.settle import SettleContext
from hub.exchange.housekeeping.requeue import rebuild
from hub.exchange.housekeeping.timer import Pace, Timer
from hub.exchange.intake.accept import Intake
from hub.exchange.intake.source_role import SourceRole
from hub.exchange.outbox.relay import Relay
from hub.exchange.records_queue.receive import Receive
from hub.gateway.auth_audit import Denials
from hub.gateway.refused_callbacks import RefusedCallbacks
from hub.gateway.rest import create_app
from hub.gateway.serve import WebRole
from hub.messages import catalog
from hub.messages.payloads import Station
from hub.operations.archive.role import Archivist
from hub.operations.contracts.watching import ContractWatch
from hub.operations.drift.counting import DriftCounts
from hub.operations.drift.keeping import DriftKeeping
from hub.operations.watchers.access_findings import AccessFindings
from hub.operations.watchers.conservation import Conservation
from hub.operations.watchers.deadline_alerts import DeadlineAlerts
from hub.operations.watchers.disk_sampling import DiskSampling
from hub.operations.watchers.ending_secrets import EndingSecrets
from hub.operations.watchers.paper_refreshes import PaperRefreshes
from hub.operations.watchers.unknown_codes import UnknownCodes
from hub.operations.watchers.unproven_effects import UnprovenEffects
from hub.operations.watchers.unreadable_replies import UnreadableReplies
from hub.ports import Broker, Clock, Destination, Source
from hub.records.dossiers.handlers import Records
from hub.records.registers import call_limits as manners
from hub.records.rulebook import Rulebook
from hub.rules import circuit
from hub.rules.call_limits import CallLimits
from hub.rules.recovery import RetryPolicy
from hub.runtime.clock import clock_of
from hub.runtime.cpu_affinity import one_cpu
from hub.runtime.garbage_collection import keep_what_is_loaded
from hub.runtime.heartbeat import Heartbeat
from hub.runtime.role import Role
from hub.runtime.telemetry import Event, log
from hub.settings import AT_PARTNERS, ROLES, Settings, seconds
from hub.store.engine.file_rights import make_directory
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore


@dataclass
class Hub:
    """A hub that was put together; `start` makes it work, `stop` ends it."""

    settings: Settings
    store: Store
    files: BlobStore
    broker: Broker
    intake: Intake
    records: Records
    destinations: list[Destination]
    town: TownCallbacks | None
    clock: Clock
    call_limits: CallLimits
    """When partners do not want to be called, and how often at most."""
    drift: DriftCounts = field(default_factory=DriftCounts)
    """How the partners' replies differ from their contracts, as far as not written down yet."""
    roles: list[Role] = field(default_factory=list)
    heartbeat: Heartbeat | None = None
    committed: list[Callable[[], None]] = field(default_factory=list)
    """Called after every commit of the hub; they must not block."""

    def start(self) -> None:
        """Bring the broker's topology about and start every role.

        A process whose roles need only the store starts whether or not the broker is there.
        Raises OwnedByAnother where the broker's queues are another store's.
        """
        if count := self.files.remove_leftovers():
            log.warning(Event.LEFTOVERS_REMOVED, count=count)
        if not self.settings.broker_url:
            # What was queued ended with the last process.
            rebuild(self.store, clock=self.clock, at_start=True)
        elif self.settings.needs_broker:
            url, management = self.settings.broker_url, self.settings.broker_management_url
            try:
                ownership.claim(url, id_of(self.store))
            except ownership.MayNotMark as error:
                log.warning(Event.PREFLIGHT_FOUND, code="broker owner", detail=str(error))
            declare.apply(TOPOLOGY, url, management)
        keep_what_is_loaded()
        with _cpu_of(self.settings):
            for role in reversed(self.roles):
                role.start()
            if self.heartbeat is not None:
                self.heartbeat.start()

    def stop(self) -> None:
        """Stop in order; what is being sent is finished and recorded.

        All are asked first: partners that are slow to answer are waited for together.
        """
        for role in self.roles:
            role.request_stop()
        for role in self.roles:
            role.stop()
        if self.heartbeat is not None:
            self.heartbeat.stop()
        self.intake.close()
        if self.town is not None:
            self.town.close()
        for destination in self.destinations:
            destination.close()
        self.broker.close()
        self.store.close()

    def wake(self) -> None:
        """Tell the relay that there may be something to publish, and whoever else wants to know."""
        for listener in self.committed:
            listener()


def _cpu_of(settings: Settings) -> AbstractContextManager[None]:
    return one_cpu(wanted=settings.pin_cpu == "on", directory=Path(settings.data_dir))


def make_sources(settings: Settings, clock: Clock) -> list[Source]:
    """Return the devices that this hub listens to."""
    if not settings.hot_folder:  # one that the settings name has the rights that the scanner needs
        make_directory(settings.scans)
    made: list[Source] = [
        ScannerSource(
            settings.scans,
            poll=settings.hot_folder_poll,
            rest=timedelta(seconds=settings.hot_folder_rest),
            keep=timedelta(days=settings.scans_days),
        )
    ]
    if settings.barcode_device:
        line = Path(settings.barcode_device)
        made.append(BarcodeSource(line, station=Station.RETURN, clock=clock))
    return made


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    sources: Sequence[Source] | None = None,
) -> Hub:
    """Put a hub together. `sources` replaces the devices that the settings name."""
    clock = clock or clock_of(settings.drill_clock)
    # Rung through the database, each commit costs a statement more and waits for all others that
    # ring. A relay of our own hears `wake`. A command has none, whatever roles the settings name.
    store = open_store(
        settings, migrating=True, notify_listeners="relay" not in settings.role_names
    )
    limit = settings.file_limit_mb * 1024 * 1024
    files = BlobStore(Path(settings.data_dir) / "files", limit=limit)
    broker: Broker
    broker = RabbitBroker(settings.broker_url) if settings.broker_url else MemoryBroker()
    drift = DriftCounts()
    rules = Rulebook.load()
    records = Records(rules)
    with _cpu_of(settings):
        intake = Intake(store, files, clock=clock, validator=records)
    hub = Hub(
        settings=settings,
        store=store,
        files=files,
        broker=broker,
        intake=intake,
        records=records,
        destinations=make_destinations(settings, observe=drift.observe),
        drift=drift,
        town=_town_callbacks(settings, clock, drift),
        clock=clock,
        call_limits=manners.load(Path(settings.call_limits_file))
        if settings.call_limits_file
        else manners.load(),
    )
    intake.on_commit = hub.wake
    devices = make_sources(settings, clock) if sources is None else list(sources)
    hub.roles = _roles(hub, devices)
    watched = [*hub.roles, intake.commits]
    hub.heartbeat = Heartbeat(store, watched, names=",".join(settings.role_names), clock=clock)
    return hub


def _town_callbacks(settings: Settings, clock: Clock, drift: DriftCounts) -> TownCallbacks | None:
    if not settings.town_url:
        return None
    return TownCallbacks(town_settings(settings), clock=clock, observe=drift.observe)


def _roles(hub: Hub, sources: Sequence[Source]) -> list[Role]:
    """Return the roles of this process in the order in which they are stopped."""
    settings, wanted = hub.settings, hub.settings.role_names
    roles: list[Role] = []
    if "gateway" in wanted:
        denials = Denials(hub.store, clock=hub.clock)
        app = create_app(
            hub.store,
            hub.files,
            hub.intake,
            denials=denials,
            intake_token=settings.intake_token,
            file_token=settings.file_token,
            files_by_password=pull_by_password(settings),
            town=hub.town,
            refused=RefusedCallbacks(
                store=hub.store, clock=hub.clock, destination=catalog.TOWN_CENTER
            ),
        )
        host, port = settings.http_host, settings.http_port
        roles += [WebRole(app, name="gateway", host=host, port=port), denials]
    if "sources" in wanted:
        roles += [SourceRole(source, hub.intake) for source in sources]
    if "receive" in wanted:
        roles.append(
            Receive(
                hub.store,
                hub.broker,
                hub.records,
                clock=hub.clock,
                on_commit=hub.wake,
                notes=Path(hub.settings.data_dir) / "stopped",
                together=hub.records.together,
            )
        )
    for destination in hub.destinations:
        roles += _partner_roles(hub, destination)
    hears_partners = bool(hub.destinations) and not AT_PARTNERS.isdisjoint(wanted)
    if hears_partners or (hub.town is not None and "gateway" in wanted):
        roles.append(DriftKeeping(hub.store, hub.drift, clock=hub.clock))
    if "timer" in wanted:
        roles.append(_timer(hub))
        roles += _contract_watch(hub)
        if settings.archive == "on":
            archive = make_archive(settings, hub.store, clock=hub.clock)
            roles.append(Archivist(archive, every=seconds(settings.archive_every)))
    if "relay" in wanted:
        # Other processes ring through the database; should a ring get lost, the relay looks soon.
        alone = set(wanted) == set(ROLES)
        relay = Relay(hub.store, hub.broker, poll=1.0 if alone else 0.2, listens=not alone)
        hub.committed.append(relay.bell.ring)
        roles.append(relay)
    return roles


def _timer(hub: Hub) -> Timer:
    settings = hub.settings
    mark = mark_of(settings)
    calls = [destination.traits for destination in hub.destinations]
    nothing = timedelta()
    pace = Pace(
        sweep=seconds(settings.sweep_interval),
        grace_period=max((traits.longest_call for traits in calls), default=nothing)
        + seconds(settings.reconcile_delay),
        lease=max((lease_of(traits) for traits in calls), default=Pace().lease),
    )
    return Timer(
        hub.store,
        clock=hub.clock,
        pace=pace,
        on_commit=hub.wake,
        also=_looks(hub),
        on_sweep=lambda: mark.write(hub.store),
    )


def _contract_watch(hub: Hub) -> list[Role]:
    """Return what looks at the contracts that the partners serve, where that is wanted."""
    every = seconds(hub.settings.contract_every)
    readers = make_contract_readers(hub.settings) if every else []
    if not readers:
        return []
    return [ContractWatch(hub.store, readers, clock=hub.clock, every=every, known=hub.call_limits)]


def _looks(hub: Hub) -> Callable[[datetime], object]:
    """Return what the timer looks for besides, each in transactions of its own."""
    rules, hours = hub.records.rules, hub.settings.alert_hours
    looks: list[Callable[[datetime], object]] = [
        UnknownCodes(store=hub.store, rules=rules).look,
        AccessFindings(store=hub.store).look,
        UnprovenEffects(store=hub.store, rules=rules).look,
        UnreadableReplies(store=hub.store).look,
        PaperRefreshes(store=hub.store, rules=rules).look,
        EndingSecrets(store=hub.store).check,
        Conservation(store=hub.store).look,
        DiskSampling(store=hub.store, place=Path(hub.settings.data_dir)).look,
    ]
    if hours:
        within = timedelta(hours=hours)
        looks.append(DeadlineAlerts(store=hub.store, rules=rules, within=within).look)
    return partial(_look_at_all, looks)


def _look_at_all(looks: Sequence[Callable[[datetime], object]], now: datetime) -> None:
    """Look in the order of the list; one that fails is raised when the others have looked."""
    with ExitStack() as stack:
        for look in reversed(looks):
            stack.callback(look, now)


def _partner_roles(hub: Hub, destination: Destination) -> list[Role]:
    settings = hub.settings
    policy = RetryPolicy(
        first_wait=seconds(settings.retry_min_delay),
        longest_wait=seconds(settings.retry_max_delay),
        attempts=settings.retry_attempts,
        settle_delay=seconds(settings.reconcile_delay),
        query_interval=seconds(settings.reconcile_interval),
    )
    settling = SettleContext(
        store=hub.store,
        destination=destination.name,
        traits=destination.traits,
        policy=policy,
        on_delivered=hub.records.delivered,
        draw=random.Random(),  # noqa: S311 - jitter, not a secret
    )
    roles: list[Role] = []
    if "deliver" in settings.role_names:
        roles.append(
            Deliver(
                hub.broker,
                destination,
                settling,
                admission=_admission(hub, destination),
                clock=hub.clock,
                on_commit=hub.wake,
            )
        )
    if "reconcile" in settings.role_names:
        roles.append(
            Reconcile(
                destination,
                settling,
                clock=hub.clock,
                on_commit=hub.wake,
                known=hub.call_limits,
                notes=Path(settings.data_dir) / "stopped",
            )
        )
    return roles


def _admission(hub: Hub, destination: Destination) -> Admission:
    settings, traits = hub.settings, destination.traits
    policy = circuit.CircuitPolicy(
        failures=settings.circuit_failures,
        first_pause=seconds(settings.circuit_min_open),
        longest_pause=seconds(settings.circuit_max_open),
        width=traits.concurrency,
        pause_from=traits.pause_from,
        longest_wish=traits.longest_wish,
    )
    return Admission(
        hub.store,
        destination.name,
        sorted(traits.accepts),
        policy,
        limits=hub.call_limits,
        longest_call=traits.longest_send,
        draw=random.Random(),  # noqa: S311 - jitter, not a secret
        on_commit=hub.wake,
    )
