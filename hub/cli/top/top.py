"""`hub top`: the overview live in a terminal; printed once where there is none."""

import sys
from collections.abc import Callable
from dataclasses import asdict

import typer
from rich.console import Group
from rich.live import Live

from hub.cli.context import opened, settings
from hub.cli.deliveries.paused import PAUSES, row_of
from hub.cli.output.answer import console, for_programs, put
from hub.cli.output.listing import listing
from hub.cli.top import screen
from hub.cli.top.keys import pressed_keys
from hub.cli.top.reading import TopReader, TopView
from hub.runtime.clock import utc_now
from hub.store.engine.store import StoreUnavailable

app = typer.Typer()
EVERY = 2.0
"""Seconds between two readings."""
PARTNERS = listing(
    "partners",
    "*partner open dead ambiguous delivered rate critical_seconds oldest_since holds",
)
ITEMS = listing("items", "*severity *kind what what_to_do count since due command")
QUEUES = listing("queues", "*queue ready unacknowledged consumers")
ANSWERS = {"top": ("at", "level", "verdict", PARTNERS, ITEMS, QUEUES, PAUSES)}


@app.command()
def top() -> None:
    """Show the overview live; q ends it, p shows the pauses."""
    found = settings()
    with opened() as store:
        reader = TopReader(store, (found.broker_url, found.broker_management_url))
        if for_programs():
            _put(reader.read(utc_now()))
        elif console.is_terminal and sys.stdin.isatty():
            with pressed_keys() as wait:
                _live(reader, wait)
        else:
            console.print(screen.picture(reader.read(utc_now()), paused=False))


def _live(reader: TopReader, wait: Callable[[float], str]) -> None:
    """Show the picture until `q`; while the database is away, the last one and since when."""
    view, paused, away = reader.read(utc_now()), False, ""
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            shown = screen.picture(view, paused=paused, away=away)
            live.update(Group(shown, screen.keys()), refresh=True)
            match wait(EVERY).lower():
                case "q":
                    return
                case "p":
                    paused = not paused
            try:
                view, away = reader.read(utc_now()), ""
            except StoreUnavailable as error:
                away = type(error).__name__


def _put(view: TopView) -> None:
    """Put one reading into the document."""
    rows = [asdict(it) for it in view.partners]
    for row in rows:
        critical = row.pop("critical")
        row["critical_seconds"] = None if critical is None else critical.total_seconds()
        row["oldest_since"] = row.pop("oldest")
    put(
        at=view.at,
        level=view.verdict.level,
        verdict=view.verdict.sentence,
        partners=[{name: row[name] for name in PARTNERS.columns} for row in rows],
        items=[
            {
                "severity": it.severity.name.lower(),
                "kind": it.kind,
                "what": it.what,
                "what_to_do": it.to_do,
                "count": it.count,
                "since": it.since,
                "due": it.due_at,
                "command": it.command,
            }
            for it in view.items
        ],
        queues=[
            {
                "queue": it.name,
                "ready": it.ready,
                "unacknowledged": it.unacknowledged,
                "consumers": it.consumers,
            }
            for it in view.queues or ()
        ],
        pauses=[dict(zip(PAUSES.columns, row_of(it), strict=True)) for it in view.figures.pauses],
    )
