"""`hub edge refused`, `resend`, `discard`: events of this workstation that the hub refused."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from hub.cli.edge.place import Directory, enrolled, opened_spool, unusable
from hub.cli.output.answer import done, put, refuse, show
from hub.cli.output.listing import listing
from hub.edge.spool import refused as events
from hub.edge.spool.refused import NotRefused
from hub.edge.spool.spool import Spool
from hub.rules.actors import NotNamed, signed
from hub.texts import text

app = typer.Typer()
EVENTS = listing("refused_events", "*id device type number since why")
ANSWERS = {"refused": (EVENTS,), "resend": ("id",), "discard": ("id",)}
OPERATOR = "HUB_OPERATOR"
EventId = Annotated[int, typer.Argument(help="edge_event", min=1)]


@app.command("refused")
def list_refused(directory: Directory = None) -> None:
    """List the events that the hub refused, with the cause of each."""
    with _spool(directory) as spool:
        found = events.listing(spool)
    rows = [(it.id, it.device, it.type, it.number, it.since, it.why) for it in found]
    show(EVENTS, rows, empty=text("edge.none_refused"))


@app.command("resend")
def resend(id: EventId, directory: Directory = None) -> None:
    """Send a refused event again, after its cause was removed."""
    with _spool(directory) as spool:
        try:
            events.resend(spool, id)
        except NotRefused:
            raise _not_refused(id) from None
    put(id=id)
    done(text("edge.resent", id=id))


@app.command("discard")
def discard(
    id: EventId,
    reason: Annotated[str, typer.Option("--reason", help="edge_discard_reason")],
    actor: Annotated[str, typer.Option("--actor", help="actor", envvar=OPERATOR)] = "",
    directory: Directory = None,
) -> None:
    """Remove a refused event; who did it, and why, stays in the directory."""
    if not reason.strip():
        refuse(text("edge.no_reason"))
        raise typer.Exit(2)
    try:
        by = signed(actor, _user())
    except NotNamed as error:
        refuse(error.text)
        raise typer.Exit(2) from None
    with _spool(directory) as spool:
        try:
            events.discard(spool, id, reason=reason.strip(), by=by, now=datetime.now(UTC))
        except NotRefused:
            raise _not_refused(id) from None
    put(id=id)
    done(text("edge.discarded", id=id, file=events.AUDIT))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a service without a name
        return ""


@contextmanager
def _spool(directory: Directory) -> Iterator[Spool]:
    with opened_spool(*enrolled(directory)) as spool:
        try:
            yield spool
        except OSError as error:
            raise unusable(error) from None


def _not_refused(id: int) -> typer.Exit:
    refuse(text("edge.not_refused", id=id))
    return typer.Exit(1)
