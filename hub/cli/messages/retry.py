"""`hub messages retry`: retry parked messages, or discard them: by id or by a selection."""

from collections import Counter
from typing import Annotated

import typer

from hub.cli.approvals import proposing
from hub.cli.context import Actor, Day, by, confirmed, here, known_names, opened
from hub.cli.output.answer import done, print_line, put, refuse, show
from hub.cli.output.listing import listing
from hub.operations import known_filters, parked_messages
from hub.store.engine.store import Store
from hub.store.messages.parked import ParkedFilter
from hub.texts import text

app = typer.Typer()
PARKED = listing("parked", "*message *type *dossier *code reason")
ANSWERS = {"retry": ("count", PARKED, "approval")}


@app.command()
def retry(
    messages: Annotated[list[str] | None, typer.Argument(help="messages")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="plan_messages")] = False,
    reason: Annotated[str, typer.Option(help="reason")] = "",
    type: Annotated[str, typer.Option(help="only_type")] = "",
    code: Annotated[str, typer.Option(help="only_code")] = "",
    dossier: Annotated[str, typer.Option(help="only_dossier")] = "",
    since: Day = None,
    until: Day = None,
    discard: Annotated[bool, typer.Option("--discard", "--drop", help="discard")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="yes")] = False,
    actor: Actor = "",
) -> None:
    """Retry parked messages, after their cause was fixed."""
    selection = ParkedFilter(
        type=type, code=code, dossier=dossier, since=here(since), until=here(until)
    )
    _check(messages, selection, plan=plan, reason=reason)
    chosen = messages or selection
    with opened() as store, store.read() as tx, known_names():
        known_filters.check_messages(tx, selection)
    if plan:
        with opened() as store:
            _show(store, chosen, discard=discard)
        return
    if discard and proposing.needs_second_person():
        proposing.propose_discard_parked(chosen, by=by(reason, actor))
        return
    if discard and not yes:
        confirmed(text("decisions.erase_messages"))
    who = by(reason, actor)
    with opened() as store:
        if discard:
            _report(parked_messages.discard(store, chosen, by=who), "discarded")
        else:
            _report(parked_messages.retry(store, chosen, by=who), "retried")


def _check(messages: list[str] | None, selection: ParkedFilter, *, plan: bool, reason: str) -> None:
    """End the command with code 2 where it is not clear which messages are meant."""
    if messages and selection:
        refuse(text("decisions.ids_or_selection"))
    elif not plan and not (reason and (messages or selection)):
        refuse(text("decisions.which_messages"))
    else:
        return
    raise typer.Exit(2)


def _show(store: Store, chosen: parked_messages.Chosen, *, discard: bool) -> None:
    found, refused = parked_messages.preview(store, chosen, to_discard=discard)
    put(count=len(found))
    show(PARKED, [(it.id, it.type, it.key, it.code, it.reason) for it in found])
    for (code, type), count in Counter((it.code, it.type) for it in found).most_common():
        print_line(f"{count} {code} {type}")
    _refuse(refused)
    print_line(
        text("decisions.would_discard" if discard else "decisions.would_retry", count=len(found))
    )


def _report(result: parked_messages.ParkedOutcome, what: str) -> None:
    put(count=result.count)
    _refuse(result.refused)
    if result.count:
        done(text(f"decisions.messages_{what}", count=result.count))
    elif not result.refused:
        refuse(text("decisions.no_such_messages"))
    if result.refused or not result.count:
        raise typer.Exit(1)


def _refuse(refused: dict[str, str]) -> None:
    for id, why in refused.items():
        refuse(text("decisions.not_done", why=f"{id}: {why}"))
