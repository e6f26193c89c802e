"""`hub broker requeue`: enqueue the work again after the broker or the database was replaced."""

from typing import Annotated

import typer

from hub.bootstrap.installation import mark_of
from hub.cli.context import Actor, by, opened, settings
from hub.cli.output.answer import aside, print_line, put, refuse
from hub.runtime.clock import utc_now
from hub.texts import text

app = typer.Typer()
ANSWERS = {"requeue": ("messages", "deliveries", "handled", "to_query", "behind", "failed")}


@app.command("requeue")
def requeue_command(
    restored: Annotated[bool, typer.Option("--restored", help="restored")] = False,
    reason: Annotated[str, typer.Option(help="reason_restored")] = "",
    actor: Actor = "",
) -> None:
    """Enqueue all unsettled work again."""
    from hub.exchange.housekeeping.requeue import rebuild

    if restored:
        _restore(reason, actor)
    with opened() as store, aside.status("…") as status:
        enqueued = 0

        def more(count: int) -> None:
            nonlocal enqueued
            enqueued += count
            status.update(str(enqueued))

        counts = rebuild(store, clock=utc_now, progress=more)
    put(**counts)
    print_line(text("installation.requeued", **counts))


def _restore(reason: str, actor: str) -> None:
    """Have the partner queried about everything before it would be sent."""
    from hub.broker.memory import MemoryBroker
    from hub.exchange.records_queue.receive import Receive
    from hub.operations import restore
    from hub.records.dossiers.handlers import Records
    from hub.records.rulebook import Rulebook

    if not reason:
        refuse(text("installation.restored_needs_reason"))
        raise typer.Exit(2)
    who = by(reason, actor)
    with opened() as store:
        receive = Receive(store, MemoryBroker(), Records(Rulebook.load()), clock=utc_now)
        result = restore.restore(store, receive.handle_one, mark_of(settings()), who)
    counts = {"handled": result.handled, "to_query": result.queried, "behind": result.behind}
    put(**counts, failed=result.failed)
    print_line(text("installation.restored", **counts))
    if result.failed:
        refuse(text("installation.restored_failed", count=result.failed))
