"""The timer, and what it checks at each sweep besides the exchange."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from hub.bootstrap.access.client_certificates import trust_files
from hub.bootstrap.hub import Hub
from hub.bootstrap.installation import mark_of
from hub.bootstrap.partners.destinations import own_certificates
from hub.exchange.delivery.deliver import lease_of
from hub.exchange.housekeeping.timer import Pace, Timer
from hub.messages import catalog
from hub.messages.partners import PARTNERS
from hub.operations.approvals import deciding
from hub.operations.counter import queue
from hub.operations.devices.snapshots import ExpiredSnapshots
from hub.operations.edge.forgetting import EndedAtWorkstations
from hub.operations.failures.sampling import FailureSampling
from hub.operations.flow.sampling import FlowSampling
from hub.operations.watchers.conservation import Conservation
from hub.operations.watchers.deadline_alerts import DeadlineAlerts
from hub.operations.watchers.ending_certificates import EndingCertificates
from hub.operations.watchers.ending_secrets import EndingSecrets
from hub.operations.watchers.failing_webhooks import FailingWebhooks
from hub.operations.watchers.files.disk_sampling import DiskSampling
from hub.operations.watchers.files.expired_uploads import ExpiredUploads
from hub.operations.watchers.files.kept_files import KeptFiles
from hub.operations.watchers.paper_refreshes import PaperRefreshes
from hub.operations.watchers.replies.login_findings import LoginFindings
from hub.operations.watchers.replies.unknown_codes import UnknownCodes
from hub.operations.watchers.replies.unproven_effects import UnprovenEffects
from hub.operations.watchers.replies.unreadable_replies import UnreadableReplies
from hub.rules.clients.revocation import ends_of
from hub.settings import seconds


def make_timer(hub: Hub) -> Timer:
    """Return the timer, with the waits that follow from the partners' calls."""
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
        also=_checks(hub),
        on_sweep=lambda: mark.write(hub.store),
    )


def _checks(hub: Hub) -> Callable[[datetime], object]:
    """Return what the timer checks besides, each in transactions of its own."""
    rules, hours = hub.records.rules, hub.settings.alert_hours
    checks: list[Callable[[datetime], object]] = [
        UnknownCodes(store=hub.store, rules=rules).check,
        LoginFindings(store=hub.store).check,
        UnprovenEffects(store=hub.store, rules=rules).check,
        UnreadableReplies(store=hub.store).check,
        PaperRefreshes(store=hub.store, rules=rules).check,
        EndingSecrets(store=hub.store).check,
        KeptFiles(store=hub.store, files=hub.files).check,
        ExpiredUploads(store=hub.store, files=hub.files).remove,
        _expired_snapshots(hub).erase,
        _ending_certificates(hub).check,
        FailingWebhooks(store=hub.store).check,
        Conservation(store=hub.store).check,
        FlowSampling(hub.store, (*PARTNERS, catalog.DEVICES)).sample,
        FailureSampling(hub.store).sample,
        partial(deciding.expire, hub.store),
        partial(queue.forget_old, hub.store),
        EndedAtWorkstations(hub.store).remove,
        DiskSampling(store=hub.store, place=Path(hub.settings.data_dir)).sample,
    ]
    if hours:
        within = timedelta(hours=hours)
        checks.append(DeadlineAlerts(store=hub.store, rules=rules, within=within).check)
    return partial(check_all, checks)


def _expired_snapshots(hub: Hub) -> ExpiredSnapshots:
    return ExpiredSnapshots(folder=hub.settings.snapshots, days=hub.settings.snapshot_days)


def _ending_certificates(hub: Hub) -> EndingCertificates:
    trusted = trust_files(hub.settings)
    return EndingCertificates(
        store=hub.store,
        files=own_certificates(hub.settings),
        revoked=trusted.revoked,
        revoked_until=lambda: ends_of(trusted.lists()),
    )


def check_all(checks: Sequence[Callable[[datetime], object]], now: datetime) -> None:
    """Check in the order of the list; a failure is raised when the others have been made."""
    with ExitStack() as stack:
        for check in reversed(checks):
            stack.callback(check, now)
