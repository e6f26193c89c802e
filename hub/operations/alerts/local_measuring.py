"""Measures what only this machine knows: its disk, and whether it reaches the broker."""

import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hub.ports import BrokerUnavailable
from hub.records.deadlines.calendar import local
from hub.rules.alerts.signals import Measurement, Observed
from hub.rules.retention.disk_forecast import days_left
from hub.store.engine.store import Store
from hub.store.monitoring import disk_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMeasuring:
    """Measures this machine."""

    store: Store
    place: Path
    """A folder on the disk that fills up."""
    query_broker: Callable[[], object] | None = None
    """Raises BrokerUnavailable; None where no broker is to be reached."""

    def measure(self, now: datetime) -> Observed:
        """Return the samples of now; raises StoreUnavailable."""
        host = socket.gethostname()
        usage = shutil.disk_usage(self.place)
        total = usage.used + usage.free
        with self.store.read() as tx:
            known = disk_samples.of_host(tx, host)
        samples = [Measurement(signal="disk_free", subject=host, value=100 * usage.free / total)]
        left = days_left(known, today=local(now).date(), used=usage.used, total=total)
        if left is not None:
            samples.append(Measurement(signal="disk_days", subject=host, value=left))
        signals = {"disk_free", "disk_days"}
        if self.query_broker is not None:
            signals.add("broker_lost")
            lost = not _answers(self.query_broker)
            samples.append(Measurement(signal="broker_lost", subject=host, value=lost))
        return Observed(frozenset(signals), samples, host)


def _answers(query_broker: Callable[[], object]) -> bool:
    try:
        query_broker()
    except BrokerUnavailable:
        return False
    return True
