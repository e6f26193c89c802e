"""The chaos run: `script/chaos [--minutes N | --dossiers N --kills N] [--seed S] [--dialects D]`.

Exit code 1 when anything was lost, doubled or overtaken, when the balance does not hold, when a
disaster could not be brought, or when the exchange did not come to its end by itself.
"""

import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from hub.drill.pilot import report as reporting
from hub.drill.pilot import scenario
from hub.drill.pilot.scenario import Planned
from hub.drill.sandbox.programs import MissingProgram
from hub.records.rulebook import Rulebook
from hub.runtime.failpoints import Point
from tests.chaos.dialects import speak, spoken
from tests.chaos.faults.injector import Injector
from tests.chaos.faults.struck import missed, owed
from tests.chaos.figures import latency, retention
from tests.chaos.figures.judge import judge, limits, verdict, wait_settled
from tests.chaos.figures.show import progress, show
from tests.chaos.load import Counter, Load
from tests.chaos.stage import Stage, open_stage

PER_MINUTE = 3000
"""More dossiers than a minute can take: the time ends the load then."""
ROOM = 400
"""Unsettled things above which the clerks wait: the disasters then meet a working hub."""
CLERKS = 8
SETTLE_WITHIN = 300.0
OVERTIME = 120.0
"""Seconds added at most, until some step of each kind was struck."""
FIRST_PHASE = 60
"""Dossiers in each turn of the comparison of latencies, before the disasters."""
PLACE = Path("var/chaos")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of it."""

    seed: int
    seconds: float | None
    dossiers: int | None
    """Hand in so many; None: until the time is over."""
    kills: int
    """Spread at least so many over the load; 0: as many as it gives."""
    dialects: tuple[str, ...]
    """What both partners speak from the comparison of latencies on."""


def main(
    minutes: Annotated[
        float,
        typer.Option(
            help="How long dossiers are handed in; the start, the comparison of latencies before"
            " and the settling after come on top, one to five minutes together."
        ),
    ] = 3.0,
    seed: Annotated[int, typer.Option(help="Another seed, other disasters.")] = 2018,
    dossiers: Annotated[
        int, typer.Option(help="Hand in so many, however long it takes; 0: the minutes decide.")
    ] = 0,
    kills: Annotated[
        int, typer.Option(help="With --dossiers: spread at least so many kills over them.")
    ] = 0,
    nodes: Annotated[int, typer.Option(min=1, max=3, help="Nodes of the broker.")] = 3,
    dialects: Annotated[
        str, typer.Option(help="Both partners speak these: mixed, or names with commas between.")
    ] = "",
) -> None:
    """Run every part of the hub as a process of its own, break things, and count."""
    console = Console()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    place = PLACE.absolute()
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    spare = 2 * latency.ROUNDS * FIRST_PHASE
    mix = scenario.scaled(
        scenario.load_mix(), spare + (dossiers or max(400, int(minutes * PER_MINUTE)))
    )
    plans = scenario.plan(mix, Rulebook.load(), seed=seed, agency="000.99.01.H57")
    plan = Plan(
        seed=seed,
        seconds=None if dossiers else minutes * 60,
        dossiers=dossiers or None,
        kills=kills if dossiers else 0,
        dialects=tuple(name.strip() for name in dialects.split(",") if name.strip()),
    )
    try:
        console.print("[dim]starting broker, database, partners and roles ...[/]")
        with open_stage(
            place, seed=seed, until=mix.until, nodes=nodes, dialects=bool(plan.dialects)
        ) as stage:
            report = _run(stage, plans, console, plan)
    except MissingProgram as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(2) from None
    reporting.write(place / "report.json", report)
    show(console, report)
    console.print(f"[dim]{place / 'report.json'}[/]")
    raise typer.Exit(1 if report["problems"] else 0)


def _run(stage: Stage, plans: Iterator[Planned], console: Console, plan: Plan) -> dict[str, Any]:
    began = time.monotonic()
    give_up = threading.Event()
    counter = Counter(stage.gateway_url, stage.intake_token, give_up=give_up)
    with progress(console) as bar:
        task = bar.add_task("dossiers", total=plan.dossiers, note="", kills="")
        _wait_awake(counter, plans, give_up)
        compared = latency.compare(
            stage, counter, plans, each=FIRST_PHASE, say=lambda note: bar.update(task, note=note)
        )
        speak(stage.partners, plan.dialects)
        retention.begin(stage)
        injector = Injector(stage, seed=plan.seed, say=lambda kind: bar.update(task, note=kind))
        load = Load(counter, _only(plans, plan.dossiers), clerks=CLERKS)
        load.start()
        injector.start()
        _let_it_rage(stage, load, injector, (bar, task), plan)
        load.join()
        injector.end()
        bar.update(task, completed=load.handed_in, note="settling")
        ended = wait_settled(
            stage, SETTLE_WITHIN, lambda left: bar.update(task, note=f"settling, {left} left")
        )
        bar.update(task, note="archiving the rest")
        archived, wrong = retention.finish(stage, counter)
        by_hand = {str(Point.RESTORE_AFTER_FILES): retention.die_restoring(stage, counter)}
        back, missing = retention.bring_back(
            stage, counter, lambda left: bar.update(task, note=f"bringing back, {left} left")
        )
        figures = judge(stage, counter)
        bar.update(task, note="erasing")
        by_hand[str(Point.ERASE_BETWEEN_BATCHES)] = retention.die_erasing(stage, counter)
        erased, left = retention.erase(stage, counter)
        bar.update(task, note="")
    # Of the moment at which the archive had most; the judge has seen all rows in the database.
    figures["balance"] = archived.pop("balance")
    figures["problems"] = [*verdict(figures), *load.problems, *injector.problems]
    if not ended:
        figures["problems"].append(f"{stage.unsettled()} unsettled after {SETTLE_WITHIN} s")
    figures["problems"] += [f"archive: {problem}" for problem in [*wrong, *missing, *left]]
    struck = {**injector.struck, **by_hand}
    figures["problems"] += missed(struck)
    counter.close()
    report = {
        "seed": plan.seed,
        "duration_s": round(time.monotonic() - began, 1),
        "broker_nodes": len(stage.cluster.nodes),
        "kills": injector.kills,
        "told_again": counter.told_again,
        "faults": dict(sorted(injector.counts.items())),
        "struck_at_failpoints": struck,
        "longest_recovery_s": {kind: max(all_) for kind, all_ in sorted(injector.recovery.items())},
        "recoveries_s": injector.recovery,
        "latency": compared,
        "disks": "tmpfs" if stage.database_disk.mounted else "not mounted: only files were limited",
        "dialects": list(plan.dialects),
        "habits_shown": spoken(stage.partners),
        "archive": {**archived, "brought_back": back, "erased": erased},
        **figures,
    }
    return {**report, "limits": limits(report)}


def _only(plans: Iterator[Planned], dossiers: int | None) -> Iterator[Planned]:
    for number, planned in enumerate(plans):
        if dossiers is not None and number >= dossiers:
            return
        yield planned


def _wait_awake(counter: Counter, plans: Iterator[Planned], give_up: threading.Event) -> None:
    """Return when the roles that are being started have taken the first dossier."""
    first = Load(counter, _only(plans, 1), clerks=1)
    first.start()
    first.join()
    if first.problems:
        raise RuntimeError(first.problems[0])


def _let_it_rage(
    stage: Stage, load: Load, injector: Injector, shown: tuple[Progress, TaskID], plan: Plan
) -> None:
    """Keep load and kills in step and within the hub's means until one has come to its end."""
    pause, began = threading.Event(), time.monotonic()
    bar, task = shown
    while load.working:
        over = -1.0 if plan.seconds is None else time.monotonic() - began - plan.seconds
        if over >= 0 and owed(injector.struck) and over < OVERTIME:
            injector.owed_only.set()
        elif over >= 0:
            load.enough.set()
            load.room.set()
            return
        ahead = _load_is_ahead(load, injector, plan)
        try:
            busy = stage.unsettled() >= ROOM
        except Exception:
            busy = True  # the database is away; look again
        held_back = (busy or ahead > 0) and not injector.watching.is_set()
        (load.room.clear if held_back else load.room.set)()
        (injector.may.clear if ahead < -0.05 else injector.may.set)()
        bar.update(task, completed=load.handed_in, kills=f"{injector.kills} kills")
        pause.wait(0.2)


def _load_is_ahead(load: Load, injector: Injector, plan: Plan) -> float:
    """Return by which share of the run the load is ahead of the kills; 0 where none are wanted."""
    if not plan.kills or plan.dossiers is None:
        return 0.0
    return load.handed_in / plan.dossiers - injector.kills / plan.kills


if __name__ == "__main__":
    typer.run(main)
