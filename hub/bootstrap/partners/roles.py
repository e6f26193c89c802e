"""The roles that call one partner: deliver and reconcile, with what they share."""

import random
from pathlib import Path

from hub.bootstrap.hub import Hub
from hub.exchange.admission.admission import Admission
from hub.exchange.delivery.deliver import Deliver
from hub.exchange.delivery.reconcile import Reconcile
from hub.exchange.delivery.settle import SettleContext
from hub.ports import Destination
from hub.rules.calls import circuit
from hub.rules.deliveries.recovery import RetryPolicy
from hub.runtime.role import Role
from hub.settings import seconds


def partner_roles(hub: Hub, destination: Destination) -> list[Role]:
    """Return those of the two that this process has."""
    settings, settling = hub.settings, _settling(hub, destination)
    roles: list[Role] = []
    if "deliver" in settings.role_names:
        admission = _admission(hub, destination)
        roles.append(
            Deliver(
                hub.broker,
                destination,
                settling,
                admission=admission,
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
                markers=Path(settings.data_dir) / "stopped",
            )
        )
    return roles


def _settling(hub: Hub, destination: Destination) -> SettleContext:
    settings = hub.settings
    policy = RetryPolicy(
        first_wait=seconds(settings.retry_min_delay),
        longest_wait=seconds(settings.retry_max_delay),
        attempts=settings.retry_attempts,
        settle_delay=seconds(settings.reconcile_delay),
        query_interval=seconds(settings.reconcile_interval),
    )
    return SettleContext(
        store=hub.store,
        destination=destination.name,
        traits=destination.traits,
        policy=policy,
        on_delivered=hub.records.delivered,
        draw=random.Random(),  # noqa: S311 - jitter, not a secret
    )


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
