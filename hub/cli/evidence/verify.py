"""`hub verify`: is anything lost? By the kept counts, or by reading every row."""

from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from hub.cli.context import opened
from hub.cli.deliveries.paused import PAUSES, mention
from hub.cli.output.answer import aside, draw, for_programs, print_line, put, refuse, show
from hub.cli.output.listing import listing, shown
from hub.messages import catalog
from hub.runtime.clock import utc_now
from hub.store.conservation import balance as balancing
from hub.store.conservation import imbalance
from hub.store.conservation.balance import Balance
from hub.store.conservation.imbalance import Imbalance
from hub.store.conservation.proof import prove
from hub.store.deliveries import pauses
from hub.store.engine.store import Store, Tx
from hub.store.schema.tables.conservation import FULL
from hub.texts import both, text

app = typer.Typer()
BALANCES = listing("balances", f"*destination accepted {' '.join(balancing.STATES)} holds")
WRONG = listing("wrong", "*destination does_not_add_up *id")
ANSWERS = {"verify": ("holds", "compared_up_to", "left", "full_at", BALANCES, WRONG, PAUSES)}
_WRONG = {
    "delivery without message": "no_message",
    "message delivered to two": "two",
    "message without delivery": "no_delivery",
}
"""The text of what does not add up; a kept count names its state besides."""
_KEPT = "kept count of "
AT_ONCE = 20_000
"""Deliveries whose ids a quick balance compares: more would take longer than a second."""


@app.command()
def verify(
    full: Annotated[bool, typer.Option("--full", help="full")] = False,
) -> None:
    """Show the conservation of deliveries, per destination and state."""
    with opened() as store:
        balances, wrong = _full(store) if full else _quick(store)
        with store.read() as tx:
            paused = pauses.listed(tx, now=utc_now())
            known = "" if full else _what_was_checked(tx)
    rows = [
        (it.destination, it.accepted, *(it.states[state] for state in balancing.STATES), it.holds)
        for it in balances
    ]
    put(balances=[dict(zip(BALANCES.columns, row, strict=True)) for row in rows])
    draw(_table(rows))
    show(WRONG, [(it.destination, _what(it.what), it.id) for it in wrong])
    good = not wrong and all(it.holds for it in balances)
    put(holds=good)
    if known:
        print_line(known, style="dim")
    if not good and not full:
        refuse(text("evidence.ids_by_full"))
    mention(paused)
    raise typer.Exit(0 if good else 1)


def _what(kept: str) -> str:
    """Return what does not add up, in words; programs get it as it is recorded."""
    if for_programs():
        return kept
    if kept.startswith(_KEPT):
        state = both(f"headings.{kept.removeprefix(_KEPT)}")
        return text("evidence.kept_count", state=state)
    return text(f"evidence.wrong_{_WRONG[kept]}")


def _quick(store: Store) -> tuple[list[Balance], list[Imbalance]]:
    """Return the balance by the kept counts, and what is wrong with the youngest deliveries."""
    with store.read() as tx:
        balances = balancing.balance(tx, set(catalog.READERS.values()))
        after = imbalance.checked(tx).delivery_id
        return balances, imbalance.page(tx, after=after, upto=after + AT_ONCE)


def _full(store: Store) -> tuple[list[Balance], list[Imbalance]]:
    """Return the balance by all rows; where nothing is wrong, that is recorded."""
    columns = (*Progress.get_default_columns(), TimeElapsedColumn(), MofNCompleteColumn())
    with Progress(*columns, console=aside, transient=True) as bar, store.read(long=True) as tx:
        tasks = {what: bar.add_task(what, total=None) for what in ("deliveries", "messages")}

        def show(what: str, done: int, total: int) -> None:
            bar.update(tasks[what], completed=done, total=total)

        proof = prove(tx, catalog.READERS, show)
    if proof.good:
        with store.write() as tx:
            imbalance.record_proven(tx, proof.last_delivery, utc_now())
    return proof.balances, proof.problems


def _table(rows: list[tuple[object, ...]]) -> Table:
    """Return a column for each destination, and a row for each state."""
    table = Table(*("", *(str(row[0]) for row in rows)))
    for place, name in enumerate(BALANCES.columns[1:], 1):
        table.add_row(text(f"headings.{name}"), *(shown(row[place]) for row in rows))
    return table


def _what_was_checked(tx: Tx) -> str:
    """Return what the answer rests on, in a line."""
    ids, full = imbalance.checked(tx), imbalance.checked(tx, FULL)
    last, compared = imbalance.last_delivery(tx), ids.delivery_id + AT_ONCE
    counts = {"compared_up_to": min(last, compared), "left": max(0, last - compared)}
    put(**counts, full_at=full.at)
    when = text("evidence.never")
    if full.at:
        when = text("evidence.full_at", at=shown(full.at), delivery=full.delivery_id)
    return text("evidence.checked", **counts, full=when)
