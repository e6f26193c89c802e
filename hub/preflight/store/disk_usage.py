"""How full the disk of the data directory is, and how long it lasts at the present rate."""

import shutil
import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from hub.preflight.check import Check
from hub.preflight.store.reading import reading
from hub.records.deadlines.calendar import local
from hub.rules.retention.disk_forecast import FULL, SOON, Sample, days_left
from hub.runtime.clock import utc_now
from hub.settings import Settings
from hub.store.monitoring import disk_samples
from hub.texts import text


def filling(settings: Settings) -> Iterator[Check]:
    """Tell how full the disk is; without samples of some days nothing is said of its rate."""
    place = Path(settings.data_dir)
    usage = shutil.disk_usage(place)
    today = local(utc_now()).date()
    yield check_disk(
        _samples(settings), today=today, used=usage.used, total=usage.used + usage.free
    )


def check_disk(samples: list[Sample], *, today: date, used: int, total: int) -> Check:
    """Return the finding on a disk with `used` of `total` bytes."""
    left = days_left(samples, today=today, used=used, total=total)
    detail = text("checks.full", percent=100 * used // total)
    if left is not None:
        detail = text("checks.full_soon", percent=100 * used // total, days=left)
    good = used < FULL * total and (left is None or left >= SOON)
    return Check("disk filling", good, detail, text("checks.full_fix"))


def _samples(settings: Settings) -> list[Sample]:
    with reading(settings) as tx:
        return [] if tx is None else disk_samples.of_host(tx, socket.gethostname())
