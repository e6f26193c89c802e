"""What every command needs: the settings, the store, who acts and why."""

import os
import pwd
import stat
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.bootstrap.installation import open_store
from hub.cli.acting import acting
from hub.cli.output.answer import done, put, refuse
from hub.environment import load
from hub.messages.local_time import LOCAL
from hub.rules.actors import NotNamed, signed
from hub.rules.toml import values
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE, Thing
from hub.runtime.clock import utc_now
from hub.settings import Settings, SettingsError
from hub.store.deliveries.transitions import NoSuchDelivery, StateConflict
from hub.store.engine.file_rights import OTHERS
from hub.store.engine.store import Store
from hub.store.schema import revision
from hub.texts import both, text

if TYPE_CHECKING:
    from hub.operations.signed_by import SignedBy

Reason = Annotated[str, typer.Option("--reason", help="reason")]
Actor = Annotated[str, typer.Option("--actor", help="actor")]
"""Every command with a decision has it and hands it to `by`."""
_YES = {"y", "yes", "c", "có", "co"}
"""Yes in either language, as a person types it with and without Vietnamese marks."""
Delivery = Annotated[int, typer.Argument(help="delivery")]
Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="day_or_time")
]


def settings() -> Settings:
    """Read the settings; a wrong one ends the command with code 2 and every problem."""
    try:
        return load(os.environ)
    except SettingsError as error:
        refuse(text("unavailable.settings"), cause=str(error))
        raise typer.Exit(2) from None


def broker_address(found: Settings) -> tuple[str, str]:
    """Return AMQP and management address; without a broker ends the command with code 2."""
    if not found.broker_url:
        refuse(text("unavailable.no_broker_url"))
        raise typer.Exit(2)
    return found.broker_url, found.broker_management_url


def duration(option: str, value: str) -> timedelta:
    """Return a duration as `15m`; another value ends the command with code 2."""
    try:
        return values.duration(value)
    except values.Unusable as error:
        refuse(f"{option}: {error.allowed}")
        raise typer.Exit(2) from None


def one_of(option: str, value: str, *allowed: str) -> None:
    """End the command with code 2 unless the option has an allowed value."""
    if value not in allowed:
        names = " | ".join(allowed)
        refuse(text("unavailable.not_allowed", name=option, allowed=names, value=value))
        raise typer.Exit(2)


def here(day: datetime | None) -> datetime | None:
    """Return a time that was typed as one of the ward's zone."""
    return day and day.replace(tzinfo=LOCAL)


@contextmanager
def opened(known: Settings | None = None) -> Iterator[Store]:
    """Open the installation's store for the length of the block; `known`: settings already read."""
    store = open_store(known or settings())
    try:
        yield store
    finally:
        store.close()


@contextmanager
def known_names() -> Iterator[None]:
    """End the command with code 2 where a filter names what there is not."""
    from hub.operations.known_filters import UnknownName  # few commands have filters

    try:
        yield
    except UnknownName as error:
        refuse(error.text)
        raise typer.Exit(2) from None


def by(
    reason: str,
    actor: str,
    *,
    automatic: str = "",
    right: Right = Right.ACT,
    thing_of: Callable[[Store], Thing] | None = None,
) -> "SignedBy":
    """Return who acts, why and when; without a person who may do that ends with code 2.

    `actor` is what --actor says; it signs until there are accounts, then `--as` with a key does.
    `automatic` is for what is no decision (a comparison, a plan): the name of `hub.rules.actors`
    that is taken where nobody gave one. `thing_of`: what the right is needed for, the whole
    installation where it is not given.
    """
    from hub.operations.users.command_line import NotAllowed

    known = settings()
    given = actor or known.operator
    try:
        who = _person(known, right, thing_of, automatic=automatic)
        if not who:
            who = automatic if automatic and not given else signed(given, system_user())
    except (NotNamed, NotAllowed) as error:
        refuse(error.text)
        raise typer.Exit(2) from None
    return {"actor": who, "reason": reason, "now": utc_now()}


def _is_there(database: str) -> bool:
    """Return whether the installation has a database; it has no accounts without one."""
    try:
        revision.require_file(database)
    except revision.SchemaMismatch:
        return False
    return True


def _person(
    known: Settings, right: Right, thing_of: Callable[[Store], Thing] | None, *, automatic: str
) -> str:
    """Return the actor of `--as`; "" where there are no accounts. Raises NotAllowed."""
    from hub.operations.users import command_line

    name, file = acting()
    if not name and not _is_there(known.database):
        return ""  # the command itself says so, after what is wrong with its words
    with opened(known) as store:
        if not name and not command_line.are_needed(store):
            return ""
        if not name and automatic:
            return automatic  # what decides nothing needs no key
        if not name or file is None:
            raise command_line.NotAllowed(both("users.key_needed"))
        thing = thing_of(store) if thing_of else WHOLE
        key = _key_in(file)
        return command_line.person(store, name, key, right=right, thing=thing, now=utc_now()).actor


def _key_in(file: Path) -> str:
    """Return the key in a file; ends the command with code 2 where others may read the file."""
    try:
        if stat.S_IMODE(file.stat().st_mode) & OTHERS:
            refuse(text("users.key_file_open", file=file))
            raise typer.Exit(2)
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "ASCII"
        refuse(text("users.key_file_unreadable", file=file, why=why))
        raise typer.Exit(2) from None


def of_delivery(id: int) -> Callable[[Store], Thing]:
    """Return what finds out what a right over a delivery is asked for, see `by`."""

    def thing(store: Store) -> Thing:
        from hub.store.records import things

        with store.read() as tx:
            return things.of_delivery(tx, id)

    return thing


def system_user() -> str:
    """Return the user of the operating system, e.g. `hub, uid 10001`."""
    uid = os.getuid()
    try:
        return f"{pwd.getpwuid(uid).pw_name}, uid {uid}"
    except KeyError:  # a container may run under a number that has no name
        return f"uid {uid}"


def confirmed(question: str) -> None:
    """Ask on standard error; anything but yes ends the command with code 1."""
    sys.stderr.write(f"{question} {text('usage.yes_or_no')} ")
    sys.stderr.flush()
    answer = unicodedata.normalize("NFC", sys.stdin.readline().strip().lower())
    if answer not in _YES:
        raise typer.Abort


def operate(delivery: int, work: Callable[[Store], None]) -> None:
    """Do one thing to a delivery and print whether it was done."""
    try:
        with opened() as store:
            work(store)
    except (StateConflict, NoSuchDelivery) as error:
        raise not_done(error) from None
    put(delivery=delivery)
    done(text("decisions.done"))


def not_done(why: object) -> typer.Exit:
    """Print why nothing was changed; return the exception that ends the command with code 1."""
    refuse(text("decisions.not_done", why=why))
    return typer.Exit(1)
