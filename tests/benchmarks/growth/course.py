"""The course of the growth benchmark: build what is missing, measure in turn, tell the ratios."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tests.benchmarks.growth.measured import ARCHIVE, DOSSIERS, Measured, measure_all
from tests.benchmarks.growth.questions import ARCHIVED
from tests.benchmarks.growth.stores.kept import BASE, ENGINES, LARGE, SMALL, stores
from tests.benchmarks.result import Result

DELIVERIES = 5_000_000
HOT_AT_LEAST, COMMAND_AT_MOST = 0.9, 1.5
Found = Mapping[str, Mapping[str, Mapping[str, Measured]]]
NOTES = (
    "Both stores come of the same demo run; the large one is that, multiplied in the database "
    "(its hand-overs really hashed). Measured in turn, medians of the rounds.\n"
    f"Hot: {DOSSIERS:,} new dossiers through the hub's own accept, receive and deliver, one after "
    "the other, in-process broker, a partner that answers at once. Ratio of a second's work; aim "
    f"at least {HOT_AT_LEAST}.\n"
    "Commands: through the command line, without the import of its modules; start and sweep of the "
    "whole hub; what partners read, by the store alone. "
    f"Ratio of times; aim at most {COMMAND_AT_MOST}.\n"
    f"Archive: the {ARCHIVED} oldest dossiers and what else was closed on the last of their days; "
    "deliveries a second, for the dry run too. The large store is kept without them."
)


def measure(rounds: int, deliveries: int = DELIVERIES) -> Result:
    """Run the whole course."""
    with ExitStack() as stack:
        bar = stack.enter_context(_bar())
        ready = stack.enter_context(stores(deliveries, report=_reporting(bar)))
        folder = Path(mkdtemp(prefix="measured-", dir=BASE))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        under_way = bar.add_task("", total=None)
        found = measure_all(
            ready.grown,
            rounds=rounds,
            folder=folder,
            tell=lambda text: bar.update(under_way, description=text),
        )
    return _result(found, deliveries, dict(ready.built))


@contextmanager
def building() -> Iterator[Callable[[str, int, int], None]]:
    """Show on a bar how the stores are built."""
    with _bar() as bar:
        yield _reporting(bar)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description:<44}"), BarColumn(), TimeElapsedColumn(), transient=True
    )


def _reporting(bar: Progress) -> Callable[[str, int, int], None]:
    """Return what hears of the building: a bar for each store, which shows its present step."""
    tasks = {}

    def report(what: str, done: int, total: int) -> None:
        whose = what.partition(":")[0]
        if whose not in tasks:
            tasks[whose] = bar.add_task(what)
        bar.update(tasks[whose], description=what, completed=done, total=total)

    return report


def _ratios(sizes: Mapping[str, Measured]) -> dict[str, float]:
    small, large = sizes[SMALL], sizes[LARGE]
    both = [name for name in small.values if name in large.values]
    return {name: round(large.of(name) / small.of(name), 2) for name in both}


def _result(found: Found, deliveries: int, built: dict[str, float]) -> Result:
    figures: dict[str, Any] = {}
    rows: list[tuple[str, ...]] = []
    for engine in ENGINES:
        kinds = {kind: _ratios(sizes) for kind, sizes in found[engine].items()}
        figures[engine] = {**kinds, ARCHIVE: kinds[ARCHIVE][ARCHIVE]}
        for kind, ratios in kinds.items():
            for name, ratio in ratios.items():
                small, large = (found[engine][kind][size].of(name) for size in (SMALL, LARGE))
                rows.append((engine, name, *_shown(kind, small, large, ratio)))
    details = {
        "deliveries": deliveries,
        "built_s": {name: round(seconds, 1) for name, seconds in built.items()},
        "values": {
            engine: {
                kind: {size: sizes[size].values for size in (SMALL, LARGE)}
                for kind, sizes in found[engine].items()
            }
            for engine in ENGINES
        },
    }
    return Result(
        title=f"Growth: 10 thousand and {deliveries:,} deliveries",
        figures=figures,
        columns=("", "what", "10 thousand", f"{deliveries:,}", "ratio", "aim"),
        rows=tuple(rows),
        notes=tuple(NOTES.splitlines()),
        details=details,
    )


def _shown(kind: str, small: float, large: float, ratio: float) -> tuple[str, ...]:
    if kind == "commands":
        kept = ratio <= COMMAND_AT_MOST
        return (*(f"{it * 1000:,.1f} ms" for it in (small, large)), f"{ratio:.2f}", _mark(kept))
    kept = ratio >= HOT_AT_LEAST
    return (*(f"{it:,.0f}/s" for it in (small, large)), f"{ratio:.2f}", _mark(kept))


def _mark(kept: bool) -> str:
    return "✓" if kept else "✗"
