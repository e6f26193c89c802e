"""What happens by the clock: the timer, and the works beside it that one process of a hub has."""

from hub.bootstrap.alerts.roles import make_alerts
from hub.bootstrap.hub import Hub
from hub.bootstrap.partners.call_limits import counted
from hub.bootstrap.partners.destinations import make_contract_readers
from hub.bootstrap.retention import make_archive
from hub.bootstrap.roles.timer import make_timer
from hub.bootstrap.webhooks import make_webhooks
from hub.exchange.housekeeping.change_feed import ChangeFeed
from hub.messages.partners import PARTNERS
from hub.operations.archive.role import Archivist
from hub.operations.comparison.ordered import Comparisons
from hub.operations.contracts.watching import ContractWatch
from hub.operations.deliveries.replay_role import ReplayParts, Replays
from hub.runtime.role import Role
from hub.settings import seconds
from hub.store.repair.replay_work import ReplayPhase


def make_timer_roles(hub: Hub) -> list[Role]:
    """Return the roles in the order in which they are stopped."""
    return [
        _comparisons(hub),
        make_timer(hub),
        *_replays(hub),
        *make_alerts(hub),
        *_feed(hub),
        *_contract_watch(hub),
        *_archivist(hub),
    ]


def _comparisons(hub: Hub) -> Comparisons:
    """Return the role that compares what persons ordered."""
    queries = counted(hub.destinations, hub.store, hub.call_limits, clock=hub.clock)
    partners = [it for it in queries if it.name in PARTNERS]
    return Comparisons(hub.store, partners, hub.records.rules, clock=hub.clock)


def _replays(hub: Hub) -> list[Role]:
    """Return what works off the replay plans that persons order: their queries, and their runs."""
    parts = ReplayParts(
        destinations=counted(hub.destinations, hub.store, hub.call_limits, clock=hub.clock),
        file_path=hub.files.path,
        on_delivered=hub.records.delivered,
        on_commit=hub.wake,
    )
    phases = (ReplayPhase.PLANNING, ReplayPhase.RUNNING)
    return [Replays(hub.store, parts, clock=hub.clock, phases=(each,)) for each in phases]


def _feed(hub: Hub) -> list[Role]:
    """Return what numbers changes, and what sends them to the webhooks."""
    webhooks = make_webhooks(hub.settings, hub.store, clock=hub.clock)
    feed = ChangeFeed(hub.store, clock=hub.clock, on_numbered=webhooks.wakeup.wake)
    return [webhooks, feed]


def _contract_watch(hub: Hub) -> list[Role]:
    """Return what looks at the contracts that the partners serve, where that is wanted."""
    every = seconds(hub.settings.contract_every)
    readers = make_contract_readers(hub.settings) if every else []
    if not readers:
        return []
    return [ContractWatch(hub.store, readers, clock=hub.clock, every=every, known=hub.call_limits)]


def _archivist(hub: Hub) -> list[Role]:
    if hub.settings.archive != "on":
        return []
    archive = make_archive(hub.settings, hub.store, clock=hub.clock)
    return [Archivist(archive, every=seconds(hub.settings.archive_every))]
