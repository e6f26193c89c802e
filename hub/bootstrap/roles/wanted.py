"""Which roles a process has, by the settings.

A process loads what its own roles need and no other: a relay has no web server. That is why the
imports stand in the functions.
"""

from collections.abc import Sequence
from pathlib import Path

from hub.bootstrap.hub import Hub
from hub.ports import Source
from hub.runtime.role import Role
from hub.settings import CONSOLE, COUNTER, DELIVERING, WORKING_ROLES


def roles_of(hub: Hub, sources: Sequence[Source]) -> list[Role]:
    """Return the roles of this process in the order in which they are stopped."""
    wanted = hub.settings.role_names
    roles = _serving(hub) + _from_devices(hub, sources)
    if "receive" in wanted:
        roles.append(_receive(hub))
    roles += _at_partners(hub)
    if "timer" in wanted:
        from hub.bootstrap.roles.by_clock import make_timer_roles

        roles += make_timer_roles(hub)
    if "relay" in wanted:
        roles.append(_relay(hub))
    return roles


def _serving(hub: Hub) -> list[Role]:
    """Return the roles that serve HTTP: to programs, to persons, to the hall."""
    wanted = hub.settings.role_names
    roles: list[Role] = []
    if "gateway" in wanted:
        from hub.bootstrap.roles.gateway import make_gateway

        roles += make_gateway(hub)
    if CONSOLE in wanted:
        from hub.bootstrap.roles.console import make_console

        roles += make_console(hub)
    if COUNTER in wanted:
        from hub.bootstrap.roles.counter import make_counter

        roles += make_counter(hub)
    return roles


def _from_devices(hub: Hub, sources: Sequence[Source]) -> list[Role]:
    if "sources" not in hub.settings.role_names:
        return []
    from hub.exchange.intake.source_role import SourceRole

    roles: list[Role] = [SourceRole(source, hub.intake) for source in sources]
    if hub.devices:
        from hub.operations.devices.watching import DeviceWatching

        roles.append(DeviceWatching(hub.store, hub.devices, clock=hub.clock))
    return roles


def _receive(hub: Hub) -> Role:
    from hub.exchange.records_queue.receive import Receive

    return Receive(
        hub.store,
        hub.broker,
        hub.records,
        clock=hub.clock,
        on_commit=hub.wake,
        markers=Path(hub.settings.data_dir) / "stopped",
        together=hub.records.together,
    )


def _at_partners(hub: Hub) -> list[Role]:
    """Return the roles that call partners, and what keeps how their replies differ."""
    wanted = hub.settings.role_names
    roles: list[Role] = []
    calls = bool(hub.destinations) and not DELIVERING.isdisjoint(wanted)
    if calls:
        from hub.bootstrap.partners.roles import partner_roles

        for destination in hub.destinations:
            roles += partner_roles(hub, destination)
    if calls or (hub.town is not None and "gateway" in wanted):
        from hub.operations.drift.keeping import DriftKeeping

        roles.append(DriftKeeping(hub.store, hub.drift, clock=hub.clock))
    return roles


def _relay(hub: Hub) -> Role:
    """Return the relay, which hears each commit of this process.

    Other processes notify it through the database; should a notice get lost, the relay polls soon.
    """
    from hub.exchange.outbox.relay import Relay

    alone = set(hub.settings.role_names) >= set(WORKING_ROLES)
    relay = Relay(hub.store, hub.broker, poll=1.0 if alone else 0.2, listens=not alone)
    hub.committed.append(relay.wakeup.wake)
    return relay
