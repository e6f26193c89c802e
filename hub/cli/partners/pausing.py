"""`hub partners pause`, `drain`, `resume`: a person stops what goes out, and ends the stop.

A pause that stands is replaced where it was named. `drain` waits, bounded, until nothing of it is
being sent any more; broken off, it stays in force.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from hub.cli.context import Actor, Reason, by, duration, not_done, one_of, opened
from hub.cli.output.answer import done, print_line, put, refuse
from hub.messages.local_time import LOCAL
from hub.messages.partners import BY_SHORT, named
from hub.operations.deliveries import pausing
from hub.operations.deliveries.pausing import PauseChanged, PauseRefused
from hub.operations.signed_by import SignedBy
from hub.rules.users.scope import Thing
from hub.runtime.clock import utc_now
from hub.store.engine.store import Store
from hub.texts import Text, both, text

app = typer.Typer()
_PAUSED = ("partner", "operation", "until")
ANSWERS = {"pause": _PAUSED, "drain": (*_PAUSED, "under_way"), "resume": ("partner", "operation")}
CHECK_EVERY = timedelta(seconds=1)
Partner = Annotated[str, typer.Argument(help="partner")]
Operation = Annotated[str, typer.Option("--operation", help="paused_operation")]
For = Annotated[str, typer.Option("--for", help="for_time")]
Replaces = Annotated[str, typer.Option("--replaces", help="replaces")]


@app.command("pause")
def pause(
    partner: Partner,
    reason: Reason,
    operation: Operation = "",
    for_: For = "2h",
    replaces: Replaces = "",
    actor: Actor = "",
) -> None:
    """Pause what goes out to a partner: one operation, or all."""
    who, seen = _signed(partner, reason, actor), _moment(replaces)
    until = who["now"] + duration("--for", for_)
    with opened() as store:
        _pause(store, partner, operation, until, seen, drains=False, by=who)
    done(text("pauses.paused", **_words(partner, operation, until)))


@app.command("drain")
def drain(
    partner: Partner,
    reason: Reason,
    operation: Operation = "",
    for_: For = "2h",
    wait: Annotated[str, typer.Option("--wait", help="wait_until_empty")] = "2m",
    replaces: Replaces = "",
    actor: Actor = "",
) -> None:
    """Finish what is claimed and claim nothing new; say when nothing is being sent any more."""
    who, seen = _signed(partner, reason, actor), _moment(replaces)
    patience, lasts = duration("--wait", wait), duration("--for", for_)
    if patience > lasts:
        refuse(text("pauses.wait_too_long", wait=wait, lasts=for_))
        raise typer.Exit(2)
    until = who["now"] + lasts
    with opened() as store:
        _pause(store, partner, operation, until, seen, drains=True, by=who)
        left = _wait(store, BY_SHORT[partner], operation, patience, since=who["now"])
    put(under_way=left)
    words = _words(partner, operation, until)
    if left:
        raise not_done(text("pauses.not_empty", count=left, **words))
    done(text("pauses.empty", **words))


@app.command("resume")
def resume(partner: Partner, reason: Reason, operation: Operation = "", actor: Actor = "") -> None:
    """Have what goes out to a partner go on."""
    who, destination = _signed(partner, reason, actor), BY_SHORT[partner]
    others: list[Text] = []
    try:
        with opened() as store:
            others = pausing.others(store, destination, operation, now=who["now"])
            since = pausing.since(store, destination, operation, now=who["now"])
            if since is None:
                name = pausing.name_of(operation)
                raise PauseChanged(both("pauses.resumed_already", operation=name))
            ended = pausing.resume(store, destination, operation, expected=since, by=who)
    except PauseChanged as error:
        _print(others)
        raise not_done(error.text) from None
    put(partner=partner, operation=operation)
    print_line(text("pauses.ended", present=ended))
    _print(others)
    done(text("pauses.resumed", **_words(partner, operation, who["now"])))


def _print(others: Sequence[Text]) -> None:
    """Print which pauses of the partner stand still."""
    for it in others:
        print_line(text("pauses.stands", present=it))


def _signed(partner: str, reason: str, actor: str) -> SignedBy:
    one_of("PARTNER", partner, *BY_SHORT)
    about = Thing(partners=frozenset({BY_SHORT[partner]}))
    return by(reason, actor, thing_of=lambda _store: about)


def _pause(
    store: Store,
    partner: str,
    operation: str,
    until: datetime,
    seen: datetime | None,
    *,
    drains: bool,
    by: SignedBy,
) -> None:
    """Pause; ends the command with code 1 where another pause stands than the one `seen`."""
    destination = BY_SHORT[partner]
    before = pausing.present(store, destination, operation, now=by["now"])
    try:
        pausing.pause(
            store, destination, operation, until=until, expected=seen, drains=drains, by=by
        )
    except PauseRefused as error:
        raise not_done(error.text) from None
    except PauseChanged as error:
        raise not_done(_how_to_replace(error)) from None
    if before:
        print_line(text("pauses.replaced", present=before))
    put(partner=partner, operation=operation, until=until)


def _how_to_replace(error: PauseChanged) -> Text:
    if error.since is None:
        return error.text
    since = error.since.astimezone(LOCAL).isoformat()
    return both("pauses.replace", present=error.text, since=since)


def _wait(
    store: Store, partner: str, operation: str, patience: timedelta, *, since: datetime
) -> int:
    """Return how many are being sent still, once there are none or the patience is over.

    Ends the command with code 1 where the drain that began at `since` stands no more.
    """
    begun, pace = utc_now(), threading.Event()  # the database gives no signal of another process
    while True:
        left, passed = pausing.under_way(store, partner, operation), utc_now() - begun
        try:  # after the count: then the drain stood while they were counted
            pausing.require_unchanged(store, partner, operation, since=since, now=utc_now())
        except PauseChanged as error:
            raise not_done(error.text) from None
        if passed >= max(patience, pausing.IN_FORCE) or (not left and passed >= pausing.IN_FORCE):
            return left
        pace.wait(CHECK_EVERY.total_seconds())


def _words(partner: str, operation: str, until: datetime) -> dict[str, Text | str]:
    return {
        "operation": pausing.name_of(operation),
        "partner": named(BY_SHORT[partner]).title,
        "until": f"{until.astimezone(LOCAL):%H:%M %d/%m/%Y}",
    }


def _moment(value: str) -> datetime | None:
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        refuse(text("pauses.no_time", value=repr(value)))
        raise typer.Exit(2)
    return found
