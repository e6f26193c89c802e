"""A chaos run on the screen: progress while it goes on, the figures at its end."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table


def progress(console: Console) -> Progress:
    """Return the bar; its field `note` says what is going wrong just now."""
    return Progress(
        TextColumn("{task.description:10}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[kills]}"),
        TextColumn("[yellow]{task.fields[note]}[/]"),
        console=console,
    )


def show(console: Console, report: Mapping[str, Any]) -> None:
    """Print the figures."""
    spoken = f", dialects {', '.join(report['dialects'])}" if report["dialects"] else ""
    title = f"chaos, seed {report['seed']}, {report['duration_s']} s{spoken}"
    table = Table(title=title, box=None)
    table.add_column("")
    table.add_column("", justify="right")
    for name in ("dossiers", "acknowledged_messages", "told_again", "kills"):
        table.add_row(name.replace("_", " "), str(report[name]))
    for name in ("lost", "doubled", "out_of_order"):
        colour = "red" if report[name] else "green"
        table.add_row(name.replace("_", " "), f"[bold {colour}]{report[name]}[/]")
    exact = "[green]exact[/]" if report["balance_exact"] else "[red]does not hold[/]"
    table.add_row("balance", exact)
    for name, count in report["archive"].items():
        table.add_row(name.replace("_", " "), str(count))
    compared = report["latency"]
    table.add_row("p95 without faults", f"{compared['calm_p95_ms']} ms")
    table.add_row("p95 untouched, 20 % faults", f"{compared['untouched_p95_ms']} ms")
    kept = {one["what"]: one["kept"] for one in report["limits"]}
    for kind, seconds in report["longest_recovery_s"].items():
        colour = "default" if kind not in kept else "green" if kept[kind] else "red"
        table.add_row(f"longest: {kind.replace('_', ' ')}", f"[{colour}]{seconds} s[/]")
    for point, count in report["struck_at_failpoints"].items():
        table.add_row(f"killed at {point}", str(count) if count else "[yellow]0[/]")
    console.print(table)
    faults = Table(title="what went wrong", box=None)
    faults.add_column("")
    faults.add_column("", justify="right")
    for kind, count in {**report["faults"], **report["partner_faults"]}.items():
        faults.add_row(kind.replace("_", " "), str(count))
    console.print(faults)
    if report["dialects"]:
        shown = sum(report["habits_shown"].values())
        console.print(f"{len(report['habits_shown'])} habits of dialects, shown {shown} times")
    if report["problems"]:
        console.print(f"[bold red]the seed was {report['seed']}[/]")
    for problem in report["problems"]:
        console.print(f"[bold red]✗[/] {problem}")
