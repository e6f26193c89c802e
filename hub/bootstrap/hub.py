"""A hub that was put together: its parts, and the order in which they start and stop.

Stopping goes against the stream: first what lets things in, then what works on them, then what
carries, then what remembers.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from adapters.town_center.callbacks.source import TownCallbacks
from hub.bootstrap.installation import id_of
from hub.broker.admin import declare, ownership
from hub.broker.topology import TOPOLOGY
from hub.exchange.housekeeping.requeue import rebuild
from hub.exchange.intake.accept import Intake
from hub.operations.drift.counting import DriftCounts
from hub.ports import Broker, Clock, Destination
from hub.ports.devices import Device
from hub.records.dossiers.handlers import Records
from hub.rules.calls.call_limits import CallLimits
from hub.runtime.process.cpu_affinity import one_cpu
from hub.runtime.process.garbage_collection import keep_what_is_loaded
from hub.runtime.process.heartbeat import Heartbeat
from hub.runtime.role import Role, stop_all
from hub.runtime.telemetry import Event, log
from hub.settings import Settings
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore


def cpu_of(settings: Settings) -> AbstractContextManager[None]:
    """Keep the threads that are started meanwhile on one CPU, where the settings want it."""
    return one_cpu(wanted=settings.pin_cpu == "on", directory=Path(settings.data_dir))


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
    devices: Sequence[Device] = ()
    """The devices whose health this process checks where it has the role `sources`."""
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
        if not self.settings.needs_broker:
            pass
        elif not self.settings.broker_url:
            # What was queued ended with the last process.
            rebuild(self.store, clock=self.clock, at_start=True)
        else:
            url, management = self.settings.broker_url, self.settings.broker_management_url
            try:
                ownership.claim(url, id_of(self.store))
            except ownership.MayNotMark as error:
                log.warning(Event.PREFLIGHT_FOUND, code="broker owner", detail=str(error))
            declare.apply(TOPOLOGY, url, management)
        keep_what_is_loaded()
        with cpu_of(self.settings):
            for role in reversed(self.roles):
                role.start()
            if self.heartbeat is not None:
                self.heartbeat.start()

    def stop(self) -> None:
        """Stop in order; what is being sent is finished and recorded."""
        stop_all(self.roles)
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
        """Tell the relay that there may be something to publish, and every other listener."""
        for listener in self.committed:
            listener()
