"""`script/simulate [--seeds 1-1000] [--seed N --story] [--minutes M] [--defects] [--defect NAME]
[--regressions]`.

Exit code 1 when an invariant does not hold in a story, when a story does not replay exactly, or
when a planted defect is not found.
"""

import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hub.records.rulebook import Rulebook
from tests.simulation import coverage, defects, regressions
from tests.simulation.exactness import missed_chance
from tests.simulation.partners.casting import ADAPTERS_EVERY, MIXED
from tests.simulation.plot import DOSSIERS, VERSION, Ended, Plot
from tests.simulation.story import play
from tests.simulation.telling.shrink import shortest
from tests.simulation.telling.table import needed, told

EXACT_EVERY = 100
EXACT = (1, ADAPTERS_EVERY)
"""Of so many stories these are played twice, one with each kind of partner: they have to be the
same."""
console = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 150)
Seeds = Annotated[str, typer.Option(help="First and last seed, e.g. 1-1000.")]
Seed = Annotated[int | None, typer.Option(help="One story only.")]
Version = Annotated[int, typer.Option(help="What the seed was written for.")]
Minutes = Annotated[float | None, typer.Option(help="Stop after so many minutes.")]
Defect = Annotated[str, typer.Option(help="Plant this defect.")]


def main(
    *,
    seeds: Seeds = "1-100",
    seed: Seed = None,
    version: Version = VERSION,
    story: Annotated[bool, typer.Option(help="Print what happened.")] = False,
    minutes: Minutes = None,
    dossiers: int = DOSSIERS,
    defect: Defect = "",
    partners: Annotated[str, typer.Option(help="models, adapters or mixed.")] = MIXED,
    all_defects: Annotated[bool, typer.Option("--defects", help="Plant each in turn.")] = False,
    known: Annotated[bool, typer.Option("--regressions", help="Seeds of the file, too.")] = False,
    report: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Play stories of the exchange and check that its promises hold in each."""
    if version != VERSION:
        console.print(f"Seed {seed} is of version {version}; these stories are of {VERSION}.")
        raise typer.Exit(2)
    rules = Rulebook.load()
    gc.freeze()  # what is loaded by now stays: no collection looks at it again
    if all_defects:
        raise typer.Exit(_find_defects(rules, _range(seeds), dossiers))
    chosen = [seed] if seed is not None else _range(seeds)
    if known:
        chosen += [seed for seed in regressions.seeds() if seed not in chosen]
    broken = False
    plot = Plot(seed=0, dossiers=dossiers, partners=partners)
    with defects.plant(defect) if defect else nullcontext():
        met, played, broken = _play_all(
            rules, chosen, minutes, plot=plot, story=story, defect=defect
        )
        if len(chosen) > 1 and not broken:
            console.print(coverage.table(met))
            for name in coverage.never(met):
                console.print(f"never: {name}")
    if report:
        report.write_text(json.dumps({**played, "never": coverage.never(met), "met": met}))
    console.print(f"{played['stories']} stories, {played['a_minute']:.0f} a minute of one CPU.")
    raise typer.Exit(int(broken))


def _range(seeds: str) -> list[int]:
    first, _, last = seeds.partition("-")
    return list(range(int(first), int(last or first) + 1))


def _play_all(
    rules: Rulebook,
    seeds: list[int],
    minutes: float | None,
    *,
    plot: Plot,
    story: bool,
    defect: str,
) -> tuple[Counter[str], dict[str, float], bool]:
    """Play them; the first that breaks ends it, with its shortest story."""
    met: Counter[str] = Counter()
    began, cpu, count = time.perf_counter(), time.process_time(), 0
    broken = False
    for seed in _shown(seeds):
        if minutes is not None and time.perf_counter() - began > minutes * 60:
            break
        ended = play(replace(plot, seed=seed), rules, watched=story)
        met.update(ended.met)
        count += 1
        if ended.broken:
            broken = True
            if story:
                _tell(ended)
            else:
                _explain(ended, rules, defect)
            break
        if story:
            _tell(ended)
        elif count % EXACT_EVERY in EXACT and (missed := _missed(ended, rules)):
            console.print(f"[red]seed {seed} does not replay exactly: chance was missed.[/]")
            console.print(missed)
            broken = True
            break
    spent = time.process_time() - cpu
    return met, {"stories": count, "a_minute": 60 * count / max(spent, 1e-9)}, broken


def _missed(ended: Ended, rules: Rulebook) -> str:
    return missed_chance(ended, lambda: play(ended.plot, rules))


def _shown(seeds: list[int]) -> Iterator[int]:
    """Yield them with a bar."""
    with Progress(console=console, transient=True) as bar:
        yield from bar.track(seeds, description="stories")


def _explain(ended: Ended, rules: Rulebook, defect: str) -> None:
    """Print the shortest story that breaks the same invariant."""
    console.print(
        f"seed {ended.plot.seed} breaks a promise, its story is made shorter", style="dim"
    )
    short = play(shortest(ended, lambda plot: play(plot, rules)).plot, rules, watched=True)
    console.print(told(short))
    console.print(needed(ended, short))
    again = f"script/simulate --seed {ended.plot.seed} --story"
    if defect:
        console.print(f'The whole story: {again} --defect "{defect}"')
    else:
        console.print(f"The whole story: {again}")
        console.print(
            f"As a test: a line `{ended.plot.seed}` in tests/simulation/regressions.toml."
        )


def _tell(ended: Ended) -> None:
    console.print(told(ended))
    console.print(f"seed {ended.plot.seed}, {ended.steps} steps, hash {ended.digest}")


def _find_defects(rules: Rulebook, seeds: list[int], dossiers: int) -> int:
    """Plant each defect and print the first seed that finds it; return the exit code."""
    table = Table("Defect", "Seed", "Found as", box=None)
    missed, known = 0, regressions.planted()
    for name in defects.DEFECTS:
        first = [known[name]] if name in known else []
        with defects.plant(name):
            found = _first_broken(rules, [*first, *seeds], dossiers)
        missed += found is None
        seed, why = (str(found.plot.seed), found.broken) if found else ("-", "not found")
        table.add_row(name, seed, why)
        console.print(f"{name}: {seed}", style="dim")
    console.print(table)
    return int(missed > 0)


def _first_broken(rules: Rulebook, seeds: list[int], dossiers: int) -> Ended | None:
    for seed in seeds:
        ended = play(Plot(seed=seed, dossiers=dossiers), rules)
        if ended.broken:
            return ended
    return None


def _silence(*_: object) -> dict[str, object]:
    raise structlog.DropEvent


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets of words is chance, too
        os.execve(  # noqa: S606 - this very program
            sys.executable,
            [sys.executable, *sys.orig_argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0"},
        )
    structlog.configure(processors=[_silence])
    typer.run(main)
