"""Curves of depth, rate and critical time over an hour, a day or a week. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from hub.store.monitoring.flow_samples import FlowSample


@dataclass(frozen=True, slots=True)
class Span:
    """How far back a chart goes, and each how many minutes it has a sample."""

    length: timedelta
    each: int


SPANS = {
    "hour": Span(timedelta(hours=1), 1),
    "day": Span(timedelta(days=1), 5),
    "week": Span(timedelta(days=7), 30),
}
POINTS = 60
"""Of a curve: the samples between are drawn together."""
Points = Sequence[tuple[datetime, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What the charts of one partner show; empty where there are no samples."""

    destination: str
    depth: Points
    """Open deliveries, the most in each part of the span."""
    rate: Points
    """Delivered a minute."""
    critical: Points
    """Seconds from opening until the partner had it, of 95 in a hundred."""


def curves(destination: str, samples: Sequence[FlowSample], span: timedelta) -> Curves:
    """Return the curves of samples that are in the order of their times."""
    return Curves(
        destination=destination,
        depth=_drawn([(it.at, float(it.open)) for it in samples], span, max),
        rate=_drawn(_rates(samples), span, _mean),
        critical=_drawn(
            [(it.at, it.critical_95.total_seconds()) for it in samples if it.critical_95], span, max
        ),
    )


def _rates(samples: Sequence[FlowSample]) -> Points:
    """Return what was delivered a minute between each two samples."""
    minute = timedelta(minutes=1)
    return [
        (after.at, max(0, after.delivered - before.delivered) / ((after.at - before.at) / minute))
        for before, after in pairwise(samples)
        if after.at > before.at
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _drawn(points: Points, span: timedelta, join: Callable[[Sequence[float]], float]) -> Points:
    """Return at most `POINTS` points, each of all that lie in its part of the span."""
    part = span / POINTS
    parts: dict[int, list[tuple[datetime, float]]] = {}
    for at, value in points:
        parts.setdefault(int(at.timestamp() / part.total_seconds()), []).append((at, value))
    return [(group[-1][0], join([value for _, value in group])) for group in parts.values()]
