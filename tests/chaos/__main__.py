"""The chaos run: `script/chaos [--minutes N] [--seed S] [--dossiers N]`.

Exit code 1 when anything was lost, doubled or overtaken, when the balance does not hold, or when
the exchange did not come to its end by itself.
"""

import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from hub.pilot import report as reporting
from hub.pilot import scenario
from hub.pilot.scenario import Planned
from hub.records.rulebook import Rulebook
from hub.sandbox.programs import MissingProgram
from tests.chaos.injector import Injector
from tests.chaos.judge import judge, verdict, wait_settled
from tests.chaos.load import Counter, Load
from tests.chaos.show import progress, show
from tests.chaos.stage import Stage, open_stage

PER_MINUTE = 6000
"""More dossiers than a minute can take: the time ends the load then."""
ROOM = 400
"""Unsettled things above which the clerks wait: the disasters then meet a working hub."""
SETTLE_WITHIN = 300.0
PLACE = Path("var/chaos")


def main(
    minutes: Annotated[float, typer.Option(help="How long dossiers are handed in.")] = 3.0,
    seed: Annotated[int, typer.Option(help="Another seed, other disasters.")] = 2018,
    dossiers: Annotated[
        int, typer.Option(help="Hand in so many, however long it takes; 0: the minutes decide.")
    ] = 0,
) -> None:
    """Run every part of the hub as a process of its own, break things, and count."""
    console = Console()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    place = PLACE.absolute()
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    mix = scenario.scaled(scenario.load_mix(), dossiers or int(minutes * PER_MINUTE))
    plans = scenario.plan(mix, Rulebook.load(), seed=seed, agency="000.99.01.H57")
    try:
        with open_stage(place, seed=seed, until=mix.until) as stage:
            seconds = None if dossiers else minutes * 60
            total = dossiers or None
            report = _run(stage, plans, console, seed=seed, seconds=seconds, total=total)
    except MissingProgram as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(2) from None
    reporting.write(place / "report.json", report)
    show(console, report)
    console.print(f"[dim]{place / 'report.json'}[/]")
    raise typer.Exit(1 if report["problems"] else 0)


def _run(
    stage: Stage,
    plans: Iterator[Planned],
    console: Console,
    *,
    seed: int,
    seconds: float | None,
    total: int | None,
) -> dict[str, Any]:
    began = time.monotonic()
    give_up = threading.Event()
    counter = Counter(stage.gateway_url, stage.intake_token, give_up=give_up)
    load = Load(counter, plans)
    with progress(console) as bar:
        task = bar.add_task("dossiers", total=total, note="")
        injector = Injector(stage, seed=seed, say=lambda kind: bar.update(task, note=kind))
        load.start()
        while load.working and not counter.acknowledged:
            give_up.wait(0.1)  # the roles are being started
        injector.start()
        _let_it_rage(stage, load, bar, began, seconds)
        load.join()
        injector.end()
        bar.update(task, completed=load.handed_in, note="settling")
        ended = wait_settled(
            stage, SETTLE_WITHIN, lambda left: bar.update(task, note=f"settling, {left} left")
        )
        bar.update(task, note="")
    figures = judge(stage, counter)
    figures["problems"] = [*verdict(figures), *load.problems]
    if not ended:
        figures["problems"].append(f"{stage.unsettled()} unsettled after {SETTLE_WITHIN} s")
    counter.close()
    return {
        "seed": seed,
        "duration_s": round(time.monotonic() - began, 1),
        "kills": injector.kills,
        "told_again": counter.told_again,
        "faults": dict(sorted(injector.counts.items())),
        "longest_recovery_s": {kind: max(all_) for kind, all_ in injector.recovery.items()},
        "recoveries_s": injector.recovery,
        **figures,
    }


def _let_it_rage(
    stage: Stage, load: Load, bar: Progress, began: float, seconds: float | None
) -> None:
    """Keep the load within the hub's means until everything is handed in or the time is over."""
    pause, task = threading.Event(), bar.task_ids[0]
    while load.working:
        if seconds is not None and time.monotonic() - began > seconds:
            load.enough.set()
            load.room.set()
            return
        try:
            (load.room.set if stage.unsettled() < ROOM else load.room.clear)()
        except Exception:
            stage.store.engine.dispose()  # the database is being killed; look again
        bar.update(task, completed=load.handed_in)
        pause.wait(0.2)


if __name__ == "__main__":
    typer.run(main)
