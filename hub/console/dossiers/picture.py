"""The way of a dossier as a picture: a lane for each side, a numbered mark for each thing. SVG.

The list below it says the same in words, by the same numbers; so the picture is hidden from screen
readers, and holds no link. Things stand in their order, not to scale: a dotted line with the day
begins each new day. Colours come from the style sheet by class. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from hub.console.dossiers.timeline import SIDES, Entry
from hub.messages.local_time import LOCAL

MOST = 200
"""Marks of one picture; of a longer way it shows the last ones."""
NAMES, EACH, LANE, TOP = 92, 42, 40, 26
"""Room for the names of the lanes, a mark, the height of a lane, and the room for the days."""
_RADIUS = 11
_PICTURE = Markup(
    '<svg class="way" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    ' aria-hidden="true" focusable="false">{content}</svg>'
)
_LANE = Markup(
    '<line class="lane" x1="{names}" y1="{y}" x2="{width}" y2="{y}"></line>'
    '<text class="name" x="0" y="{y}" dy=".35em">{name}</text>'
)
_DAY = Markup(
    '<line class="day" x1="{x:g}" y1="{top}" x2="{x:g}" y2="{height}"></line>'
    '<text class="date" x="{at:g}" y="{top}" dy="-.6em">{day}</text>'
)
_STEP = Markup('<line class="step" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"></line>')
_MARK = Markup(
    '<circle class="{side}{failed}" cx="{x:g}" cy="{y:g}" r="{radius}"></circle>'
    '<text class="at{failed}" x="{x:g}" y="{y:g}" dy=".35em">{number}</text>'
)


@dataclass(frozen=True, slots=True)
class _Placed:
    number: int
    x: float
    y: float
    entry: Entry


def picture(entries: Sequence[Entry], names: Sequence[str]) -> Markup:
    """Return the picture; `names` are those of `SIDES`, in the language of the page."""
    placed = list(_placed(entries))
    width = NAMES + EACH * (len(placed) + 1)
    height = TOP + LANE * len(SIDES)
    content = Markup("").join(
        [*_lanes(names, width), *_days(placed, height), *_steps(placed), *_marks(placed)]
    )
    return _PICTURE.format(width=width, height=height, content=content)


def _placed(entries: Sequence[Entry]) -> Iterator[_Placed]:
    first = max(0, len(entries) - MOST)
    for place, entry in enumerate(entries[first:]):
        yield _Placed(
            number=first + place + 1,
            x=NAMES + EACH * (place + 0.75),
            y=_middle(SIDES.index(entry.side)),
            entry=entry,
        )


def _middle(lane: int) -> float:
    return TOP + LANE * (lane + 0.5)


def _lanes(names: Sequence[str], width: float) -> Iterator[Markup]:
    for lane, name in enumerate(names):
        yield _LANE.format(names=NAMES, width=width, y=f"{_middle(lane):g}", name=name)


def _days(placed: Sequence[_Placed], height: float) -> Iterator[Markup]:
    before = None
    for it in placed:
        day = it.entry.at.astimezone(LOCAL).date()
        if day != before:
            x = it.x - EACH / 2
            yield _DAY.format(x=x, at=x + 3, top=TOP, height=height, day=f"{day:%d/%m}")
        before = day


def _steps(placed: Sequence[_Placed]) -> Iterator[Markup]:
    for one, two in pairwise(placed):
        yield _STEP.format(x1=one.x, y1=one.y, x2=two.x, y2=two.y)


def _marks(placed: Sequence[_Placed]) -> Iterator[Markup]:
    for it in placed:
        failed = " failed" if it.entry.failed else ""
        yield _MARK.format(
            side=it.entry.side, failed=failed, x=it.x, y=it.y, radius=_RADIUS, number=it.number
        )
