"""Charts as SVG: a curve with the area below, without script or inline style. Pure.

Colours come from the style sheet by class, so that a dark page has its own.
"""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

WIDTH, HEIGHT, TOP = 240, 56, 4
_PICTURE = Markup(
    '<svg class="chart" viewBox="0 0 {width} {height}" preserveAspectRatio="none"'
    ' aria-hidden="true">'
    '<line class="axis" x1="0" y1="{base}" x2="{width}" y2="{base}"></line>{curve}</svg>'
)
_CURVE = Markup(
    '<polygon class="area" points="{left},{base} {points} {right},{base}"></polygon>'
    '<polyline class="curve" points="{points}"></polyline>'
)


def chart(points: Sequence[tuple[datetime, float]], *, start: datetime, end: datetime) -> Markup:
    """Return the curve of points between two moments; the words beside it say the last value."""
    base = HEIGHT - 1
    placed = _placed(points, start, end)
    curve = Markup("")
    if placed:
        text = " ".join(f"{x:g},{y:g}" for x, y in placed)
        curve = _CURVE.format(
            left=f"{placed[0][0]:g}", right=f"{placed[-1][0]:g}", base=base, points=text
        )
    return _PICTURE.format(width=WIDTH, height=HEIGHT, base=base, curve=curve)


def _placed(
    points: Sequence[tuple[datetime, float]], start: datetime, end: datetime
) -> list[tuple[float, float]]:
    highest = max((value for _, value in points), default=0.0) or 1.0
    span = (end - start).total_seconds()
    height = HEIGHT - 1 - TOP
    return [
        (
            round((at - start).total_seconds() / span * WIDTH, 1),
            round(HEIGHT - 1 - value / highest * height, 1),
        )
        for at, value in points
        if start <= at <= end
    ]
