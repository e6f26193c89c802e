"""`script/simulate`: plays stories of the exchange; its options are those of `main`.

Exit code 1 when a promise does not hold in a story, when a story does not replay exactly, when
a planted defect is not found, or when a thousand stories never met something that they should;
2 when the command was given a wrong word.
"""

import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hub.records.rulebook import Rulebook
from tests.simulation import coverage, regressions
from tests.simulation.exactness import missed_chance
from tests.simulation.interleaving.session import EXPECTED as OF_POSTGRES
from tests.simulation.interleaving.session import MOST_STEPS as ON_POSTGRES
from tests.simulation.interleaving.session import on_postgres
from tests.simulation.jobs import own_process
from tests.simulation.jobs.defect_search import Found, names, search, with_defect
from tests.simulation.jobs.options import Options, Stories, WrongWord, defect_names
from tests.simulation.jobs.shares import Played, cores, play_each
from tests.simulation.partners.choice import ADAPTERS_EVERY, MIXED
from tests.simulation.play import play
from tests.simulation.plot import VERSION, Ended, Player
from tests.simulation.telling.again import command
from tests.simulation.telling.shrink import MOST_STEPS, shortest
from tests.simulation.telling.table import as_table, needed

MEET_ALL = 1000
"""So many stories meet everything that `coverage` names."""
EXACT_EVERY = 100
EXACT_ADAPTERS_EVERY = 14 * ADAPTERS_EVERY
"""Of so many seeds one is played twice: the two have to be the same."""
LIST = "list"
console = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 150)
Seeds = Annotated[
    str | None,
    typer.Option(
        help="First and last seed, e.g. 1-1000; one number is that seed alone. Else 1-100, with "
        "--minutes all from 1 on, with --defects 1-1000."
    ),
]
Seed = Annotated[int | None, typer.Option(min=0, help="One story only.")]
Version = Annotated[int, typer.Option(help="What the seed was written for.")]
Whole = Annotated[bool, typer.Option(help="Print what happened.")]
Minutes = Annotated[float | None, typer.Option(min=0.01, help="Stop after so many minutes.")]
Jobs = Annotated[int, typer.Option(min=0, help="Processes that play; 0 for one a core.")]
Dossiers = Annotated[
    int | None,
    typer.Option(min=1, help="Dossiers of a story; else 20, or 4 with --postgres."),
]
Defect = Annotated[str, typer.Option(help=f"Plant this defect; `{LIST}` prints their names.")]
Partners = Annotated[str, typer.Option(help="models, adapters or mixed.")]
Defects = Annotated[bool, typer.Option("--defects", help="Plant each in turn; print a seed.")]
Known = Annotated[bool, typer.Option("--regressions", help="Seeds of the file, too.")]
Postgres = Annotated[bool, typer.Option(help="Interleave transactions on PostgreSQL.")]
Report = Annotated[Path | None, typer.Option("--json", help="Write the figures here.")]


def main(
    *,
    seeds: Seeds = None,
    seed: Seed = None,
    version: Version = VERSION,
    story: Whole = False,
    minutes: Minutes = None,
    jobs: Jobs = 0,
    dossiers: Dossiers = None,
    defect: Defect = "",
    partners: Partners = MIXED,
    all_defects: Defects = False,
    known: Known = False,
    postgres: Postgres = False,
    report: Report = None,
) -> None:
    """Play stories of the exchange and check that its promises hold in each."""
    if defect == LIST:
        console.print("\n".join(defect_names()), markup=False)
        raise typer.Exit
    options = Options(
        seeds=seeds, seed=seed, version=version, story=story, minutes=minutes, jobs=jobs,
        dossiers=dossiers, defect=defect, partners=partners, all_defects=all_defects,
        known=known, postgres=postgres, report=report
    )  # fmt: skip
    try:
        options.check()
        good = _find_defects(options) if all_defects else _play_stories(options)
    except (WrongWord, regressions.OtherVersion) as error:
        console.print(f"{error}", style="red", markup=False)
        raise typer.Exit(2) from None
    raise typer.Exit(int(not good))


def _play_stories(options: Options) -> bool:
    """Play them and print what was met; tell whether all are good."""
    known = regressions.plots(postgres=options.postgres) if options.known else []
    stories = options.stories(known)
    with _player(options) as player:
        met, figures, good = _play_all(player, stories, options)
    also = OF_POSTGRES if options.postgres else ()
    never, unnamed = coverage.never(met, also), coverage.unnamed(met, also)
    if len(stories) > 1 and good:
        _print_met(met, never)
    many = figures["stories"] >= MEET_ALL and stories.are_usual and not options.postgres
    if good and many and never:
        console.print(f"[red]{len(never)} things were never met by {MEET_ALL} stories or more[/]")
        good = False
    for name in unnamed:
        console.print(f"[red]{name} is in no list of tests/simulation/coverage.py[/]")
    if options.report:
        options.report.write_text(json.dumps({**figures, "never": never, "met": met}))
    console.print(f"{figures['stories']} stories, {figures['a_minute']:.0f} a minute of one CPU.")
    return good and not unnamed


def _print_met(met: Counter[str], never: Iterable[str]) -> None:
    console.print(coverage.table(met))
    for name in never:
        console.print(f"never: {name}")


@contextmanager
def _player(options: Options) -> Iterator[Player]:
    rules = Rulebook.load()
    gc.freeze()  # what is loaded by now stays: no collection looks at it again
    with on_postgres(rules) if options.postgres else nullcontext(partial(play, rules=rules)) as it:
        yield with_defect(it, options.defect) if options.defect else it


def _play_all(
    player: Player, stories: Stories, options: Options
) -> tuple[Counter[str], dict[str, float], bool]:
    """Play them; the first that breaks ends it, with its shortest story."""

    def play_one(place: int) -> Played:
        ended = player(stories[place], watched=options.story)
        if options.story:
            _tell(ended)
        exact = not (options.story or ended.broken) and _is_played_twice(ended.plot.seed)
        missed = _missed(ended, player) if exact else ""
        return Played(place=place, met=ended.met, broken=ended.broken, missed=missed)

    until = None if options.minutes is None else time.monotonic() + options.minutes * 60
    jobs = 1 if options.postgres or options.story or len(stories) == 1 else options.jobs or cores()
    met, count, cpu = Counter[str](), 0, 0.0
    bad: Played | None = None
    for played in _shown(play_each(len(stories), play_one, jobs=jobs, until=until), stories):
        met.update(played.met)
        count, cpu = count + 1, cpu + played.cpu
        if not played.good and (bad is None or played.place < bad.place):
            bad = played
    if bad is not None:
        _tell_bad(bad, player, stories, options)
    return met, {"stories": count, "a_minute": 60 * count / max(cpu, 1e-9)}, bad is None


def _is_played_twice(seed: int) -> bool:
    return seed % EXACT_EVERY == 1 or seed % EXACT_ADAPTERS_EVERY == ADAPTERS_EVERY


def _missed(ended: Ended, player: Player) -> str:
    return missed_chance(ended, lambda: player(ended.plot))


def _shown(played: Iterator[Played], stories: Stories) -> Iterator[Played]:
    """Yield them with a bar."""
    total = None if stories.are_endless else len(stories)
    with Progress(console=console, transient=True) as bar:
        yield from bar.track(played, total=total, description="stories")


def _tell_bad(bad: Played, player: Player, stories: Stories, options: Options) -> None:
    plot = stories[bad.place]
    if bad.missed:
        console.print(f"[red]seed {plot.seed} does not replay exactly: chance was missed.[/]")
        console.print(bad.missed)
    elif not options.story:
        _explain(player(plot), player, options)


def _explain(ended: Ended, player: Player, options: Options) -> None:
    """Print the shortest story that breaks the same promise."""
    plot, postgres = ended.plot, options.postgres
    console.print(f"seed {plot.seed} breaks a promise, its story is made shorter", style="dim")
    most = ON_POSTGRES if postgres else MOST_STEPS
    short = player(shortest(ended, player, most=most).plot, watched=True)
    console.print(as_table(short))
    console.print(needed(ended, short))
    again = command(plot, postgres=postgres, defect=options.defect)
    console.print(f"The whole story: {again}", markup=False)
    if not options.defect:
        console.print(f"To make it a test, write into {regressions.FILE.name}:", markup=False)
        console.print(regressions.entry(plot, postgres=postgres), markup=False)


def _tell(ended: Ended) -> None:
    console.print(as_table(ended))
    console.print(f"seed {ended.plot.seed}, {ended.steps} steps, hash {ended.digest}")


def _find_defects(options: Options) -> bool:
    """Plant each defect and print the first seed that finds it; tell whether each is found."""
    stories, wanted = options.stories(), names(postgres=options.postgres)
    jobs = 1 if options.postgres else options.jobs or cores()
    known = _known_seeds(options) if stories.are_usual else {}
    found: dict[str, Found] = {}
    with _player(options) as player:
        for one in search(player, wanted, stories, known, jobs=jobs):
            found[one.name] = one
            console.print(f"{one.name}: {one.seed or '-'}", style="dim")
    _print_found([found[name] for name in wanted])
    seeds = {name: one.seed for name, one in found.items() if one.seed is not None}
    if stories.are_usual:
        console.print(f"\nFor {regressions.FILE.name}, of version {VERSION}, in its place there:")
        console.print(regressions.block(seeds, postgres=options.postgres), markup=False)
    if options.report:
        options.report.write_text(json.dumps({"seeds": seeds}))
    return len(seeds) == len(wanted)


def _print_found(found: Iterable[Found]) -> None:
    table = Table("Defect", "Seed", "Found as", box=None)
    for name, seed, broken in found:
        table.add_row(name, "-" if seed is None else f"{seed}", broken)
    console.print(table)


def _known_seeds(options: Options) -> Mapping[str, int]:
    """Return the seeds of the file; those of another version find nothing any more."""
    try:
        return regressions.planted(postgres=options.postgres)
    except regressions.OtherVersion:
        console.print(f"The seeds of {regressions.FILE.name} are of another version: all anew.")
        return {}


if __name__ == "__main__":
    own_process.begin()
    typer.run(main)
