"""The picture of `hub top`, for a terminal of 80 columns and more. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text as Line

from hub.broker.admin.figures import QueueFigures
from hub.cli.deliveries.paused import PAUSES, row_of
from hub.cli.output.listing import shown
from hub.cli.top.reading import PartnerLine, TopView
from hub.messages.partners import named
from hub.operations.overview.items import Severity
from hub.records.deadlines.calendar import local
from hub.texts import text

ITEMS = 8
"""Items that are shown; the rest is a number."""
_STYLE = {"good": "bold green", "soon": "bold yellow", "urgent": "bold red"}
_PARTNER_COLUMNS = (
    *("partner", "open", "dead", "ambiguous", "delivered", "rate", "critical", "oldest", "holds"),
)


def picture(view: TopView, *, paused: bool, away: str = "") -> RenderableType:
    """Return the whole screen; `paused`: the pauses in the place of what needs a person.

    `away`: why it is not fresh, "" where it is.
    """
    parts: list[RenderableType] = [_head(view), _partners(view), Line()]
    parts += _queues(view.queues)
    parts += [Line(_messages(view), overflow="ellipsis", no_wrap=True), Line()]
    parts += _pauses(view) if paused else _items(view)
    if away:
        at = f"{local(view.at):%H:%M:%S}"
        parts.append(Line(text("top.stale", at=at, why=away), style="bold red"))
    return Group(*parts)


def keys() -> RenderableType:
    """Return the line that names the keys."""
    return Line(text("top.keys"), style="dim", overflow="ellipsis", no_wrap=True)


def _head(view: TopView) -> RenderableType:
    sentence = Line(f"{local(view.at):%H:%M:%S}  ", style="dim")
    return sentence.append(str(view.verdict.sentence), style=_STYLE[view.verdict.level])


def _partners(view: TopView) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), expand=False)
    for name in _PARTNER_COLUMNS:
        left = name == "partner"
        table.add_column(
            text(f"top.column_{name}"),
            justify="left" if left else "right",
            no_wrap=True,
            overflow="ellipsis",
            max_width=18 if left else None,
        )
    for it in view.partners:
        table.add_row(*_partner_cells(it, view.at))
    return table


def _partner_cells(it: PartnerLine, now: datetime) -> Iterator[Line]:
    yield Line(str(named(it.partner).title))
    yield Line(str(it.open))
    yield Line(str(it.dead), style="red" if it.dead else "")
    yield Line(str(it.ambiguous), style="red" if it.ambiguous else "")
    yield Line(str(it.delivered))
    yield Line("–" if it.rate is None else f"{it.rate:.0f}")
    yield Line(duration(it.critical))
    yield Line(duration(now - it.oldest if it.oldest else None))
    yield Line(shown(it.holds), style="green" if it.holds else "bold red")


def duration(length: timedelta | None) -> str:
    """Return a length of time in its largest unit."""
    if length is None:
        return "–"
    seconds = max(0.0, length.total_seconds())
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return text(f"top.lasts_{unit}", count=f"{seconds / size:.0f}")
    return text("top.seconds", count=f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.1f}")


def _queues(queues: Sequence[QueueFigures] | None) -> Iterator[RenderableType]:
    if queues is None:
        yield Line(text("top.broker_away"), style="bold red")
        return
    for it in queues:
        if not it.present:
            yield Line(text("top.no_queue", queue=it.name), style="bold red")
    waiting = [it for it in queues if it.ready or it.unacknowledged]
    if queues:
        cells = [f"{it.name} {it.ready or 0}+{it.unacknowledged or 0}" for it in waiting]
        shown_queues = "  ".join(cells) or text("top.queues_empty")
        yield Line(text("top.queues", queues=shown_queues))


def _messages(view: TopView) -> str:
    counts = view.figures.unhandled
    paused = len(view.figures.pauses)
    tasks = sum(view.figures.tasks.values())
    return text("top.messages", **counts, paused=paused, tasks=tasks)


def _items(view: TopView) -> Iterator[RenderableType]:
    for it in view.items[:ITEMS]:
        urgent = it.severity is Severity.URGENT
        line = Line("! " if urgent else "· ", style="bold red" if urgent else "yellow")
        line.append(str(it.what), style="")
        line.no_wrap, line.overflow = True, "ellipsis"
        yield line
        if it.command:
            yield Line(f"  {it.command}", style="cyan", no_wrap=True, overflow="ellipsis")
    if len(view.items) > ITEMS:
        yield Line(text("top.more", count=len(view.items) - ITEMS), style="dim")


def _pauses(view: TopView) -> Iterator[RenderableType]:
    if not view.figures.pauses:
        yield Line(text("attention.nothing_paused"))
    for it in view.figures.pauses:
        row = dict(zip(PAUSES.columns, row_of(it), strict=True))
        row |= {"since": shown(row["since"]), "until": shown(row["until"])}
        yield Line(text("top.pause", **row))
