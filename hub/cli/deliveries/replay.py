"""`hub deliveries replay`: one dead delivery, or a planned selection of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hub.bootstrap.partners import make_destinations
from hub.cli.context import Actor, Day, by, console, here, opened, settings
from hub.cli.output.progress import bar
from hub.operations.deliveries import replay_one, replay_plan
from hub.operations.deliveries.replay_run import (
    NOT_SENT,
    REPLACED,
    SENT,
    SETTLED,
    ReplayReport,
    ReplayRun,
)
from hub.operations.signed_by import SignedBy
from hub.ports import Destination
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.rules.actors import BY_PLAN
from hub.runtime.clock import utc_now
from hub.store.deliveries.transitions import NoSuchDelivery, StateConflict
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore
from hub.store.repair import replays
from hub.store.repair.replays import NoSuchPlan, ReplayFilter
from hub.store.schema.repair_tables import CANNOT_ASK

app = typer.Typer()


@app.command()
def replay(
    delivery: Annotated[int | None, typer.Argument(help="Number of one delivery.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Ask and show; send nothing.")] = False,
    run: Annotated[int | None, typer.Option(help="Carry out plan number N.")] = None,
    reason: Annotated[str, typer.Option(help="Why; it goes into the audit.")] = "",
    destination: Annotated[str, typer.Option(help="Only this partner.")] = "",
    type: Annotated[str, typer.Option(help="Only this type of message.")] = "",
    code: Annotated[str, typer.Option(help="Only this fault code.")] = "",
    dossier: Annotated[str, typer.Option(help="Only this dossier number.")] = "",
    since: Day = None,
    until: Day = None,
    unasked: Annotated[
        bool, typer.Option("--unasked", help="One: send it also when the partner cannot be asked.")
    ] = False,
    per_second: Annotated[float, typer.Option(min=0.01, help="At most so many a second.")] = 5.0,
    actor: Actor = "",
) -> None:
    """Send dead deliveries again, same message id: one now, or many by --plan and --run.

    One is looked at as by --plan: not sent when the partner has it, or a newer one replaces it.
    """
    if plan:
        selection = ReplayFilter(
            delivery=delivery,
            destination=destination,
            type=type,
            code=code,
            dossier=dossier,
            since=here(since),
            until=here(until),
        )
        planned_by = by(reason, actor, automatic=BY_PLAN)
        with opened() as store:
            _plan(store, selection, planned_by)
        return
    if (delivery is None) == (run is None) or not reason:
        console.print("[red]Say which delivery, or --plan, or --run N; and --reason to send.[/]")
        raise typer.Exit(2)
    who = by(reason, actor)
    with opened() as store:
        if delivery is not None:
            _replay_one(store, delivery, who, unasked=unasked)
        elif run is not None:
            _run(store, run, who, per_second)


_DONE = {
    SENT: "Sent again, with the same id; see hub deliveries attention for what becomes of it.",
    SETTLED: "Not sent: the partner has it already. It is delivered, with the partner's receipt.",
    REPLACED: "Not sent: a newer one of the dossier stands behind it. It is superseded.",
}


def _replay_one(store: Store, id: int, who: SignedBy, *, unasked: bool) -> None:
    try:
        with _partners() as (destinations, files):
            done = replay_one.replay(
                store,
                id,
                destinations,
                file_path=files.path,
                by=who,
                clock=utc_now,
                on_delivered=Records(Rulebook.load()).delivered,
                unasked=unasked,
            )
    except (StateConflict, NoSuchDelivery) as error:
        console.print(f"[red]Not done:[/] {error}")
        raise typer.Exit(1) from None
    if done.outcome in _DONE:
        console.print(f"[green]✓[/] {_DONE[done.outcome]}")
        return
    why = f"{done.verdict.replace('_', ' ')}, {done.detail}"
    if done.outcome != NOT_SENT:
        why = done.outcome
    elif done.verdict == CANNOT_ASK:
        why += "; --unasked sends it all the same"
    console.print(f"[red]Not sent:[/] {why}", soft_wrap=True)
    raise typer.Exit(1)


@contextmanager
def _partners() -> Iterator[tuple[list[Destination], BlobStore]]:
    """Give the partners that can be asked, and the files, for the length of the block."""
    found = settings()
    destinations = make_destinations(found)
    try:
        yield destinations, BlobStore(Path(found.data_dir) / "files")
    finally:
        for destination in destinations:
            destination.close()


def _plan(store: Store, selection: ReplayFilter, who: SignedBy) -> None:
    with _partners() as (destinations, files), bar("asking the partners") as progress:
        number = replay_plan.make(
            store,
            selection,
            destinations,
            file_path=files.path,
            by=who,
            progress=progress,
        )
    with store.read() as tx:
        items = replays.items_of(tx, number)
    table = Table("no.", "fault", "plan says", "because")
    for item in items:
        table.add_row(
            str(item.delivery_id), item.fault, item.verdict.replace("_", " "), item.detail
        )
    console.print(table)
    console.print(
        f'Plan {number}, {len(items)} deliveries: hub deliveries replay --run {number} --reason "…"'
    )


def _run(store: Store, number: int, who: SignedBy, per_second: float) -> None:
    run = ReplayRun(
        store,
        number,
        actor=who["actor"],
        reason=who["reason"],
        clock=utc_now,
        on_delivered=Records(Rulebook.load()).delivered,
        per_second=per_second,
    )
    try:
        with bar(f"plan {number}") as progress:
            report = run.run(progress)
    except (NoSuchPlan, StateConflict) as error:
        console.print(f"[red]Not done:[/] {error}")
        raise typer.Exit(1) from None
    _show(report)
    raise typer.Exit(1 if report.stopped else 0)


def _show(report: ReplayReport) -> None:
    if report.before:
        console.print(f"Nothing sent: plan {report.plan} was run before ({report.before}).")
        return
    for name, count in sorted(report.outcomes.items()):
        console.print(f"{count} {name}")
    console.print(f"{report.delivered} delivered, {report.under_way} still under way")
    if report.stopped:
        console.print(f"[red]Stopped:[/] {report.stopped}. Mend the cause, then make a new plan.")
