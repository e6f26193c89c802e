"""`hub webhooks`: where changes are sent to, how each address does, what is sent again.

A secret is shown once, on standard output or in a new file for its owner only.
"""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TextIO, TypeVar

import typer

from hub.bootstrap.webhooks import secret_files
from hub.cli.clients.shown_secrets import place_for
from hub.cli.context import Actor, Reason, by, opened, settings
from hub.cli.output.answer import done, for_programs, print_line, put, refuse, show
from hub.cli.output.listing import listing
from hub.cli.webhooks.failing import backlog, statuses
from hub.messages.local_time import LOCAL
from hub.operations.webhooks import managing
from hub.operations.webhooks.managing import WebhookNotDone
from hub.operations.webhooks.status import WebhookState
from hub.rules.webhooks.signing import SigningSecret
from hub.store.webhooks.secret_files import NoSecret
from hub.texts import text

AnswerT = TypeVar("AnswerT")
app = typer.Typer()
WEBHOOKS = listing(
    "webhooks",
    "*webhook *client *standing *backlog last_success last_failure code next_attempt address",
)
_SECRET = ("webhook", "secret")
ANSWERS = {
    "list": (WEBHOOKS,),
    "add": _SECRET,
    "rotate": _SECRET,
    "retire": ("webhook",),
    "replay": ("webhook",),
    "test": ("webhook", "event"),
    "resume": ("webhook",),
}
Id = Annotated[str, typer.Argument(help="webhook")]
SecretFile = Annotated[Path | None, typer.Option("--secret-file", help="secret_file")]
_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]
From = Annotated[datetime, typer.Option("--from", formats=_TIMES, help="from_time")]
Until = Annotated[datetime, typer.Option("--until", formats=_TIMES, help="until_time")]


@app.command("list")
def list_webhooks(
    everything: Annotated[bool, typer.Option("--all", help="retired_too")] = False,
) -> None:
    """List webhooks and how each does."""
    with opened() as store, store.read() as tx:
        found = statuses(tx)
    rows = [
        (
            it.webhook.id,
            it.webhook.client,
            text(f"webhooks.is_{it.state.value}"),
            backlog(it),
            it.webhook.last_success_at,
            it.webhook.last_failure_at,
            it.webhook.last_code,
            it.webhook.paused_until,
            it.webhook.url,
        )
        for it in found
        if everything or it.state is not WebhookState.RETIRED
    ]
    show(WEBHOOKS, rows, empty=text("webhooks.none"))


@app.command("add")
def add(
    client: Annotated[str, typer.Argument(help="client")],
    address: Annotated[str, typer.Argument(help="webhook_address")],
    reason: Reason,
    secret_file: SecretFile = None,
    actor: Actor = "",
) -> None:
    """Send the changes of a client's agencies to an address from now on."""
    who, files = by(reason, actor), secret_files(settings())
    with place_for(secret_file) as place:
        with opened() as store:
            added = _doing(lambda: managing.add(store, files, client=client, url=address, by=who))
        _show_secret(added.id, added.secret, place)


@app.command("rotate")
def rotate(id: Id, reason: Reason, secret_file: SecretFile = None, actor: Actor = "") -> None:
    """Sign with a new secret and the present one, until the present one is dropped."""
    who, files = by(reason, actor), secret_files(settings())
    with place_for(secret_file) as place:
        with opened() as store:
            fresh = _doing(lambda: managing.rotate(store, files, id, by=who))
        _show_secret(id, fresh, place)


@app.command("retire")
def retire(
    id: Id,
    reason: Reason,
    old_secret: Annotated[bool, typer.Option("--old-secret", help="old_secret")] = False,
    actor: Actor = "",
) -> None:
    """Send nothing to an address any more, or sign with its newest secret only."""
    who, files = by(reason, actor), secret_files(settings())
    act = managing.drop_old_secret if old_secret else managing.retire
    with opened() as store:
        _doing(lambda: act(store, files, id, by=who))
    done_text = (
        text("webhooks.secret_dropped", id=id) if old_secret else text("webhooks.retired", id=id)
    )
    _print_done(id, done_text)


@app.command("replay")
def replay(
    id: Id,
    start: From,
    end: Until,
    reason: Reason,
    actor: Actor = "",
) -> None:
    """Send the changes of a time again, before what is new."""
    who = by(reason, actor)
    begin, stop = (it.replace(tzinfo=LOCAL) for it in (start, end))
    with opened() as store:
        _doing(lambda: managing.replay_between(store, id, start=begin, end=stop, by=who))
    _print_done(id, text("webhooks.replay_begun", id=id))


@app.command("test")
def begin_test(id: Id, reason: Reason, actor: Actor = "") -> None:
    """Send a test event, also while the address is paused."""
    who = by(reason, actor)
    with opened() as store:
        sent = _doing(lambda: managing.request_test(store, id, by=who))
    put(event=sent)
    _print_done(id, text("webhooks.test_begun", id=id))


@app.command("resume")
def resume(id: Id, reason: Reason, actor: Actor = "") -> None:
    """End the pause of an address: the next event is sent at once."""
    who = by(reason, actor)
    with opened() as store:
        _doing(lambda: managing.resume(store, id, by=who))
    _print_done(id, text("webhooks.resumed", id=id))


def _doing(act: Callable[[], AnswerT]) -> AnswerT:
    try:
        return act()
    except WebhookNotDone as error:
        why = str(error.text)
    except (NoSecret, OSError) as error:
        why = str(error)
    refuse(f"{text('clients.refused')} {why}")
    raise typer.Exit(1)


def _print_done(id: str, done_text: str) -> None:
    put(webhook=id)
    done(done_text)


def _show_secret(id: str, secret: SigningSecret, place: TextIO | None) -> None:
    """Print a secret once; trap: past the console, which may wrap it."""
    if place is not None:
        place.write(f"{secret.text}\n")
    put(secret=secret.text if place is None else None)
    _print_done(id, text("webhooks.secret_made", id=id))
    if place is None and not for_programs():
        sys.stdout.write(f"{secret.text}\n")
        print_line(text("webhooks.shown_once"), style="dim")
