"""The composition root: makes a hub out of settings; nothing runs before `Hub.start`."""

from collections.abc import Sequence

from adapters.town_center.callbacks.source import TownCallbacks
from hub.bootstrap.devices.printers import make_printers
from hub.bootstrap.file_store import make_file_store
from hub.bootstrap.health_port import health_roles
from hub.bootstrap.hub import Hub, cpu_of
from hub.bootstrap.installation import open_store
from hub.bootstrap.partners.call_limits import call_limits_of
from hub.bootstrap.partners.destinations import (
    make_destinations,
    town_settings,
)
from hub.bootstrap.roles.wanted import roles_of
from hub.broker.memory import MemoryBroker
from hub.exchange.intake.accept import Intake
from hub.operations.drift.counting import DriftCounts
from hub.ports import Broker, Clock, Destination, Source
from hub.ports.devices import Device
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.runtime.clock import clock_of
from hub.runtime.process.heartbeat import Heartbeat
from hub.settings import Settings
from hub.store.engine.store import Store


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    sources: Sequence[Source] | None = None,
) -> Hub:
    """Put a hub together. `sources` replaces the devices that the settings name."""
    clock = clock or clock_of(settings.drill_clock)
    # A notice through the database costs each commit a statement more, and makes it wait for all
    # others that notify. A relay of our own hears `wake`. A command has none, whatever roles the
    # settings name.
    store = open_store(
        settings, migrating=True, notify_listeners="relay" not in settings.role_names
    )
    files = make_file_store(settings, store, clock)
    drift = DriftCounts()
    listened, watched = _devices(settings, store, clock) if sources is None else (sources, ())
    rules = Rulebook.load()
    records = Records(rules)
    with cpu_of(settings):
        intake = Intake(store, files, clock=clock, validator=records)
    hub = Hub(
        settings=settings,
        store=store,
        files=files,
        broker=_broker(settings),
        intake=intake,
        records=records,
        destinations=_destinations(settings, store, drift),
        drift=drift,
        town=_town_callbacks(settings, clock, drift),
        clock=clock,
        call_limits=call_limits_of(settings),
        devices=watched,
    )
    intake.on_commit = hub.wake
    hub.roles = roles_of(hub, listened)
    _watch(hub)
    return hub


def _devices(
    settings: Settings, store: Store, clock: Clock
) -> tuple[Sequence[Source], Sequence[Device]]:
    """Return what the role `sources` listens to, and whose health it checks."""
    if "sources" not in settings.role_names:
        return (), ()
    from hub.bootstrap.devices.kinds import make_devices, make_sources

    return make_sources(settings, clock), make_devices(settings, store)


def _destinations(settings: Settings, store: Store, drift: DriftCounts) -> list[Destination]:
    return [*make_destinations(settings, observe=drift.observe), *make_printers(settings, store)]


def _watch(hub: Hub) -> None:
    """Add what tells others how the roles do."""
    watched = [*hub.roles, hub.intake.commits]
    names = ",".join(hub.settings.role_names)
    hub.heartbeat = Heartbeat(hub.store, watched, names=names, clock=hub.clock)
    hub.roles += health_roles(hub, [*watched, hub.heartbeat])


def _town_callbacks(settings: Settings, clock: Clock, drift: DriftCounts) -> TownCallbacks | None:
    if not settings.town_url:
        return None
    return TownCallbacks(town_settings(settings), clock=clock, observe=drift.observe)


def _broker(settings: Settings) -> Broker:
    if not settings.broker_url:
        return MemoryBroker()
    from hub.broker.rabbit.broker import RabbitBroker

    return RabbitBroker(settings.broker_url)
