"""The answer of `/metrics`: all figures of a process as Prometheus reads them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from hub.monitoring import families
from hub.monitoring.readiness import Readiness
from hub.monitoring.sampling import HubSample

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


@dataclass(frozen=True, kw_only=True)
class ProcessFigures:
    """What a process shows."""

    version: str
    partners: Sequence[str]
    readiness: Callable[[], Readiness]
    sample: Callable[[], HubSample] | None
    """None in a process that takes no sample."""
    clock: Callable[[], datetime]


class _Hub(Collector):
    def __init__(self, shown: ProcessFigures) -> None:
        self._shown = shown

    def collect(self) -> Iterator[Metric]:
        it = self._shown
        yield from families.counted()
        yield from families.of_process(it.readiness(), version=it.version)
        if it.sample is not None:
            yield from families.of_sample(it.sample(), it.partners, now=it.clock())

    def describe(self) -> list[Metric]:
        return []  # else it would be collected once for its names


def exposition(shown: ProcessFigures) -> Callable[[], bytes]:
    """Return what makes the answer: figures in memory alone are read."""
    registry = CollectorRegistry()
    registry.register(_Hub(shown))
    ProcessCollector(registry=registry)
    return lambda: generate_latest(registry)
