"""`hub broker requeue`: enqueue the work again after the broker or the database was replaced."""

from typing import Annotated

import typer

from hub.bootstrap.installation import mark_of
from hub.cli.context import Actor, by, console, opened, settings
from hub.runtime.clock import utc_now

app = typer.Typer()


@app.command("requeue")
def requeue_command(
    restored: Annotated[
        bool, typer.Option("--restored", help="The database is an old copy; the hub stands still.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; needed with --restored.")] = "",
    actor: Actor = "",
) -> None:
    """Enqueue all unsettled work again after the broker was replaced; nothing goes twice."""
    from hub.exchange.housekeeping.requeue import rebuild

    if restored:
        _restore(reason, actor)
    with opened() as store, console.status("…") as status:
        asked = 0

        def more(count: int) -> None:
            nonlocal asked
            asked += count
            status.update(f"{asked} asked for")

        counts = rebuild(store, clock=utc_now, progress=more)
    console.print(
        f"Asked again for {counts['messages']} messages and {counts['deliveries']} deliveries."
    )


def _restore(reason: str, actor: str) -> None:
    """Have everything that would be sent asked about first."""
    from hub.broker.memory import MemoryBroker
    from hub.exchange.records_queue.receive import Receive
    from hub.operations import restore
    from hub.records.dossiers.handlers import Records
    from hub.records.rulebook import Rulebook

    if not reason:
        console.print("[red]--reason is needed with --restored: it goes into the audit.[/]")
        raise typer.Exit(2)
    who = by(reason, actor)
    with opened() as store:
        receive = Receive(store, MemoryBroker(), Records(Rulebook.load()), clock=utc_now)
        done = restore.restore(store, receive.handle_one, mark_of(settings()), who)
    console.print(
        f"{done.handled} accepted messages handled; {done.asked} deliveries will be asked about"
        f" before they are sent, {done.behind} more when it is their turn."
    )
    if done.failed:
        console.print(f"[red]{done.failed} messages failed in our own code: see the log.[/]")
