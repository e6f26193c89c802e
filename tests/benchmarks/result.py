"""What a benchmark found: figures, what they mean, and where they were taken."""

import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of one benchmark."""

    title: str
    figures: dict[str, Any]
    """What --json FILE is asked for; at the top level there."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The table, for people."""
    notes: tuple[str, ...]
    """What differs between those compared, and what was asked for."""
    details: dict[str, Any] = field(default_factory=dict)
    busy: float = 0.0
    """The machine's load average before the benchmark began."""

    def write(self, path: Path) -> None:
        """Write figures, details, notes and machine as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            **self.figures,
            "details": self.details,
            "notes": list(self.notes),
            "machine": machine() | {"load_before": round(self.busy, 2)},
        }
        path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, str | float]:
    """Return what the figures depend on besides the code."""
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def show(result: Result) -> None:
    """Print the table and the notes."""
    console = Console()
    table = Table(title=result.title, title_justify="left")
    for number, column in enumerate(result.columns):
        table.add_column(column, justify="left" if number == 0 else "right", overflow="fold")
    for row in result.rows:
        table.add_row(*row)
    console.print(table)
    for note in result.notes:
        console.print(f"· {note}", style="dim", highlight=False)
    if result.busy > 0.5:
        console.print(f"The machine was busy before (load {result.busy:.1f}): figures vary.")
