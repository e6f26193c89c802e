"""`hub messages retry`: take parked messages up again, or drop them: by id or by a selection."""

from collections import Counter
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.context import Actor, Day, by, console, here, opened
from hub.operations import unpark as unparking
from hub.store.engine.store import Store
from hub.store.messages.parked import ParkedFilter

app = typer.Typer()


@app.command()
def retry(
    messages: Annotated[list[str] | None, typer.Argument(help="Ids of parked messages.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show; take nothing up.")] = False,
    reason: Annotated[str, typer.Option(help="Why; it goes into the audit.")] = "",
    type: Annotated[str, typer.Option(help="Only this type of message.")] = "",
    code: Annotated[str, typer.Option(help="Only this fault code.")] = "",
    dossier: Annotated[str, typer.Option(help="Only this dossier number.")] = "",
    since: Day = None,
    until: Day = None,
    drop: Annotated[
        bool, typer.Option("--drop", help="Nobody needs them: erase their content instead.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="--drop: do not ask.")] = False,
    actor: Actor = "",
) -> None:
    """Take parked messages up again, after their cause was fixed: by id, or all of a selection.

    --plan shows which; with no choice, all that are parked. What is wrong still is parked again.
    --drop erases their content for good; hash, size and the audit row stay.
    """
    selection = ParkedFilter(
        type=type, code=code, dossier=dossier, since=here(since), until=here(until)
    )
    if messages and selection:
        console.print("[red]Say ids, or choose by --code, --type and so on; not both.[/]")
        raise typer.Exit(2)
    if not plan and not (reason and (messages or selection)):
        console.print("[red]Say which messages, by id or by --code, --type and so on;[/]")
        console.print("[red]and --plan to see them, or --reason to take them up (--drop: out).[/]")
        raise typer.Exit(2)
    chosen = messages or selection
    if plan:
        with opened() as store:
            _show(store, chosen, drop=drop)
        return
    if drop and not yes:
        question = "Xóa hẳn nội dung các thông điệp này, không lấy lại được / erase for good?"
        typer.confirm(question, abort=True)
    who = by(reason, actor)
    with opened() as store:
        if drop:
            _report(unparking.drop(store, chosen, who), "dropped")
        else:
            _report(unparking.unpark(store, chosen, **who), "taken up again")


def _show(store: Store, chosen: unparking.Chosen, *, drop: bool) -> None:
    found, refused = unparking.look(store, chosen, to_drop=drop)
    table = Table("parked message", "type", "dossier", "code", "reason")
    for one in found:
        table.add_row(one.id, one.type, one.key, one.code, one.reason)
    console.print(table)
    for (code, type), count in Counter((one.code, one.type) for one in found).most_common():
        console.print(f"{count} {code} {type}")
    _refuse(refused)
    would = "dropped" if drop else "taken up"
    console.print(
        f"{len(found)} would be {would}: the same without --plan, with --reason.", highlight=False
    )


def _report(done: unparking.Unparked, what: str) -> None:
    _refuse(done.refused)
    if done.count:
        console.print(f"[green]✓[/] {done.count} {what}.")
    elif not done.refused:
        console.print("[red]Not done:[/] there is no parked message of this selection.")
    if done.refused or not done.count:
        raise typer.Exit(1)


def _refuse(refused: dict[str, str]) -> None:
    for id, why in refused.items():
        text = f"Not done: {id}: {why}"
        console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
