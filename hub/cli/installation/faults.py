"""`hub faults`: the fault dictionary, and codes that nobody knew until a person classified them."""

from typing import Annotated

import typer
from rich.table import Table

from hub.bootstrap.installation import FAULT_DATA
from hub.cli.context import Actor, Reason, by, console, one_of, opened
from hub.messages import catalog
from hub.operations.deliveries.classify import CodeVerdict, NotClassified, classify
from hub.rules.failures import fault_catalogue
from hub.store.repair import fault_classes

app = typer.Typer()


@app.command("list")
def list_command(
    partner: Annotated[str, typer.Option(help="Only codes of this partner; own: the hub's.")] = "",
    code: Annotated[str, typer.Option(help="Only this code, the partner's or ours.")] = "",
    language: Annotated[str, typer.Option(help="vi or en")] = "vi",
) -> None:
    """Print the fault dictionary, and what has to be classified."""
    one_of("--language", language, "vi", "en")
    table = Table("partner", "code", "ours", "cause", "who", "what to do")
    for it in fault_catalogue.load(FAULT_DATA):
        if partner not in ("", it.partner or "own") or code not in ("", it.code, it.ours):
            continue
        who = ", ".join(it.who)
        table.add_row(
            it.partner or "own", it.code, it.ours, it.cause[language], who, it.to_do[language]
        )
    console.print(table)
    with opened() as store, store.read() as tx:
        tasks = fault_classes.tasks(tx)
    if tasks:
        table = Table("partner", "operation", "code", "seen", "verdict", title="Unknown codes")
        for row in tasks:
            verdict = row["verdict"] or "[yellow]to classify[/]"
            seen = str(row["count"])
            table.add_row(row["partner"], row["operation"], row["code"], seen, verdict)
        console.print(table)


@app.command("classify")
def classify_command(
    partner: str,
    code: str,
    verdict: Annotated[CodeVerdict, typer.Option("--as", help="What the code means.")],
    reason: Reason,
    operation: Annotated[str, typer.Option(help="Only for this operation.")] = "",
    actor: Actor = "",
) -> None:
    """Say what an unknown code means: for all that wait with it, and for all to come.

    A code that begins with "-" is written behind "--".
    """
    one_of("PARTNER", partner, *sorted(catalog.PARTNERS))
    who = by(reason, actor)
    try:
        with opened() as store:
            moved = classify(store, partner, code, verdict, operation=operation, **who)
    except NotClassified as error:
        console.print(f"[red]Chưa làm / Not done:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from None
    console.print(f"[green]✓[/] {partner} {code} is {verdict}; {moved} waiting deliveries moved.")
