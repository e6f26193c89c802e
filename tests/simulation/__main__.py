"""`script/simulate [--seeds 1-1000] [--seed N --story] [--minutes M] [--jobs N] [--defects]
[--defect NAME] [--regressions] [--postgres]`.

Exit code 1 when an invariant does not hold in a story, when a story does not replay exactly, or
when a planted defect is not found.
"""

import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import structlog
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hub.records.rulebook import Rulebook
from tests.simulation import coverage, defects, regressions
from tests.simulation.exactness import missed_chance
from tests.simulation.interleaving import races
from tests.simulation.interleaving.session import EXPECTED as OF_POSTGRES
from tests.simulation.interleaving.session import MOST_STEPS as ON_POSTGRES
from tests.simulation.interleaving.session import on_postgres
from tests.simulation.jobs.shares import Played, cores, play_each
from tests.simulation.partners.choice import ADAPTERS_EVERY, MIXED
from tests.simulation.play import play
from tests.simulation.plot import DOSSIERS, VERSION, Ended, Player, Plot
from tests.simulation.telling.shrink import MOST_STEPS, shortest
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
Jobs = Annotated[int, typer.Option(min=0, help="Processes that play; 0 for one a core.")]
Defect = Annotated[str, typer.Option(help="Plant this defect.")]


class Telling(NamedTuple):
    """How a story is told."""

    story: bool
    """As a whole, not only where it breaks."""
    defect: str
    most: int = MOST_STEPS
    """Steps that are played to make one shorter."""
    words: str = ""
    """Of the command that plays it again."""


def main(
    *,
    seeds: Seeds = "1-100",
    seed: Seed = None,
    version: Version = VERSION,
    story: Annotated[bool, typer.Option(help="Print what happened.")] = False,
    minutes: Minutes = None,
    jobs: Jobs = 0,
    dossiers: int = DOSSIERS,
    defect: Defect = "",
    partners: Annotated[str, typer.Option(help="models, adapters or mixed.")] = MIXED,
    all_defects: Annotated[bool, typer.Option("--defects", help="Plant each in turn.")] = False,
    known: Annotated[bool, typer.Option("--regressions", help="Seeds of the file, too.")] = False,
    postgres: Annotated[bool, typer.Option(help="Interleave transactions on PostgreSQL.")] = False,
    report: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Play stories of the exchange and check that its promises hold in each."""
    if version != VERSION:
        console.print(f"Seed {seed} is of version {version}; these stories are of {VERSION}.")
        raise typer.Exit(2)
    rules = Rulebook.load()
    gc.freeze()  # what is loaded by now stays: no collection looks at it again
    if all_defects:
        raise typer.Exit(_find_defects(rules, _range(seeds), dossiers, postgres=postgres))
    chosen = _chosen(seeds, seed, known)
    plot = Plot(seed=0, dossiers=dossiers, partners=partners)
    telling = Telling(story, defect, *((ON_POSTGRES, "--postgres ") if postgres else ()))
    jobs = 1 if postgres or story or len(chosen) == 1 else jobs or cores()
    planted = defects.plant(defect) if defect else nullcontext()
    with _player(rules, postgres) as player, planted:
        met, played, broken = _play_all(player, chosen, minutes, plot, telling, jobs)
    never = coverage.never(met, OF_POSTGRES if postgres else ())
    if len(chosen) > 1 and not broken:
        _print_met(met, never)
    if report:
        report.write_text(json.dumps({**played, "never": never, "met": met}))
    console.print(f"{played['stories']} stories, {played['a_minute']:.0f} a minute of one CPU.")
    raise typer.Exit(int(broken))


def _print_met(met: Counter[str], never: Iterable[str]) -> None:
    console.print(coverage.table(met))
    for name in never:
        console.print(f"never: {name}")


@contextmanager
def _player(rules: Rulebook, postgres: bool) -> Iterator[Player]:
    if not postgres:
        yield partial(play, rules=rules)
        return
    with on_postgres(rules) as player:
        yield player


def _chosen(seeds: str, seed: int | None, known: bool) -> list[int]:
    chosen = [seed] if seed is not None else _range(seeds)
    return chosen + [it for it in regressions.seeds() if known and it not in chosen]


def _range(seeds: str) -> list[int]:
    first, _, last = seeds.partition("-")
    return list(range(int(first), int(last or first) + 1))


def _play_all(
    player: Player,
    seeds: list[int],
    minutes: float | None,
    plot: Plot,
    telling: Telling,
    jobs: int,
) -> tuple[Counter[str], dict[str, float], bool]:
    """Play them; the first that breaks ends it, with its shortest story."""

    def play_one(place: int) -> Played:
        ended = player(replace(plot, seed=seeds[place]), watched=telling.story)
        if telling.story:
            _tell(ended)
        exact = not (telling.story or ended.broken) and (place + 1) % EXACT_EVERY in EXACT
        missed = _missed(ended, player) if exact else ""
        return Played(place=place, met=ended.met, broken=ended.broken, missed=missed)

    until = None if minutes is None else time.monotonic() + minutes * 60
    met, count, cpu = Counter[str](), 0, 0.0
    bad: Played | None = None
    for played in _shown(play_each(len(seeds), play_one, jobs=jobs, until=until), len(seeds)):
        met.update(played.met)
        count, cpu = count + 1, cpu + played.cpu
        if not played.good and (bad is None or played.place < bad.place):
            bad = played
    if bad is not None and bad.missed:
        console.print(
            f"[red]seed {seeds[bad.place]} does not replay exactly: chance was missed.[/]"
        )
        console.print(bad.missed)
    elif bad is not None and not telling.story:
        _explain(player(replace(plot, seed=seeds[bad.place])), player, telling)
    return met, {"stories": count, "a_minute": 60 * count / max(cpu, 1e-9)}, bad is not None


def _missed(ended: Ended, player: Player) -> str:
    return missed_chance(ended, lambda: player(ended.plot))


def _shown(stories: Iterator[Played], count: int) -> Iterator[Played]:
    """Yield them with a bar."""
    with Progress(console=console, transient=True) as bar:
        yield from bar.track(stories, total=count, description="stories")


def _explain(ended: Ended, player: Player, telling: Telling) -> None:
    """Print the shortest story that breaks the same invariant."""
    console.print(
        f"seed {ended.plot.seed} breaks a promise, its story is made shorter", style="dim"
    )
    short = player(shortest(ended, player, most=telling.most).plot, watched=True)
    console.print(told(short))
    console.print(needed(ended, short))
    again = f"script/simulate {telling.words}--seed {ended.plot.seed} --story"
    if telling.defect:
        console.print(f'The whole story: {again} --defect "{telling.defect}"')
    else:
        console.print(f"The whole story: {again}")
        console.print(
            f"As a test: a line `{ended.plot.seed}` in tests/simulation/regressions.toml."
        )


def _tell(ended: Ended) -> None:
    console.print(told(ended))
    console.print(f"seed {ended.plot.seed}, {ended.steps} steps, hash {ended.digest}")


def _find_defects(rules: Rulebook, seeds: list[int], dossiers: int, *, postgres: bool) -> int:
    """Plant each defect and print the first seed that finds it; return the exit code."""
    table = Table("Defect", "Seed", "Found as", box=None)
    missed, known = 0, regressions.planted()
    with _player(rules, postgres) as player:
        for name in races.RACES if postgres else defects.DEFECTS:
            first = [known[name]] if name in known else []
            with defects.plant(name):
                found = _first_broken(player, [*first, *seeds], dossiers)
            missed += found is None
            seed, why = (str(found.plot.seed), found.broken) if found else ("-", "not found")
            table.add_row(name, seed, why)
            console.print(f"{name}: {seed}", style="dim")
    console.print(table)
    return int(missed > 0)


def _first_broken(player: Player, seeds: list[int], dossiers: int) -> Ended | None:
    for seed in seeds:
        ended = player(Plot(seed=seed, dossiers=dossiers))
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
