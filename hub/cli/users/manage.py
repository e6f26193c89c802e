"""`hub users`: add, change, retire an account, give it other secrets.

The first account is added under the name of the person who does it; from then on a key is needed.
"""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.acting import acting
from hub.cli.clients.shown_secrets import place_for
from hub.cli.context import Actor, Reason, by, opened, settings
from hub.cli.output.answer import done, put, refuse
from hub.cli.users.shown_secrets import show_secrets
from hub.operations.users import accounts, confirming
from hub.operations.users.refused import UserNotDone
from hub.rules.users.passwords import WeakPassword
from hub.rules.users.rights import Right, UserRole
from hub.rules.users.user import NotAUser, User, UserChange
from hub.store.clients.key_file import KeyFile
from hub.texts import Explained, Language, text

app = typer.Typer()
_SECRETS = ("user", "password", "code_address", "recovery_codes", "key")
ANSWERS = {
    "add": _SECRETS,
    "change": ("user", "role", "sectors", "password"),
    "retire": ("user", "retired"),
    "reset-totp": ("user", "code_address", "recovery_codes"),
    "key": ("user", "key"),
    "confirm": ("user", "confirmed"),
}
Name = Annotated[str, typer.Argument(help="user")]
RoleOption = Annotated[UserRole, typer.Option("--role", help="user_role")]
Sectors = Annotated[list[str] | None, typer.Option("--sector", help="user_sector")]
LanguageOption = Annotated[Language | None, typer.Option("--language", help="user_language")]
PasswordFile = Annotated[Path | None, typer.Option("--password-file", help="password_file")]
NewKeyFile = Annotated[Path | None, typer.Option("--new-key-file", help="new_key_file")]


@app.command("add")
def add(
    name: Name,
    full_name: Annotated[str, typer.Option("--full-name", help="full_name")],
    role: RoleOption,
    reason: Reason,
    sector: Sectors = None,
    language: LanguageOption = None,
    password_file: PasswordFile = None,
    new_key_file: NewKeyFile = None,
    actor: Actor = "",
) -> None:
    """Add an account; its password, device secret and recovery codes are shown once."""
    who = by(reason, actor, right=Right.USERS)
    user = User(
        name=name,
        full_name=full_name,
        role=role,
        sectors=frozenset(sector or ()),
        language=language or Language(settings().language),
    )
    password, key = _password(password_file), code_key()
    with place_for(new_key_file) as place:
        try:
            with opened() as store:
                made = accounts.add(
                    store,
                    user,
                    code_key=key,
                    password=password,
                    with_key=new_key_file is not None,
                    own=acting()[0],
                    by=who,
                )
        except (NotAUser, WeakPassword, UserNotDone) as error:
            raise refused(error) from None
        if place is not None:
            place.write(f"{made.key}\n")
    show_secrets(name, made, given=bool(password), hide_key=True)


@app.command("change")
def change(
    name: Name,
    reason: Reason,
    full_name: Annotated[str | None, typer.Option("--full-name", help="full_name")] = None,
    role: Annotated[UserRole | None, typer.Option("--role", help="user_role")] = None,
    sector: Sectors = None,
    language: LanguageOption = None,
    new_password: Annotated[bool, typer.Option("--new-password", help="new_password")] = False,
    actor: Actor = "",
) -> None:
    """Change what a person is, or give the person another password."""
    who = by(reason, actor, right=Right.USERS)
    wanted = UserChange(
        full_name=full_name,
        role=role,
        sectors=frozenset(sector) if sector else None,
        language=language,
    )
    try:
        with opened() as store:
            if wanted != UserChange() or not new_password:
                user = accounts.change(store, name, change=wanted, own=acting()[0], by=who)
                put(user=name, role=user.role, sectors=sorted(user.sectors))
            if new_password:
                made = accounts.reset_password(store, name, own=acting()[0], by=who)
    except (NotAUser, UserNotDone) as error:
        raise refused(error) from None
    if new_password:
        show_secrets(name, made)
    done(text("users.changed", name=name))


@app.command("retire")
def retire(name: Name, reason: Reason, actor: Actor = "") -> None:
    """Retire an account: its sessions and its key end at once."""
    who = by(reason, actor, right=Right.USERS)
    try:
        with opened() as store:
            accounts.retire(store, name, own=acting()[0], by=who)
    except UserNotDone as error:
        raise refused(error) from None
    put(user=name, retired=True)
    done(text("users.retired", name=name))


@app.command("confirm")
def confirm(name: Name, reason: Reason, actor: Actor = "") -> None:
    """Confirm, as another approver, that a person has the account in the own hands."""
    who = by(reason, actor, right=Right.APPROVE)
    try:
        with opened() as store:
            confirming.confirm(store, name, own=acting()[0], by=who)
    except UserNotDone as error:
        raise refused(error) from None
    put(user=name, confirmed=True)
    done(text("users.confirmed", name=name))


@app.command("reset-totp")
def reset_totp(name: Name, reason: Reason, actor: Actor = "") -> None:
    """Give a person's device another secret, and other recovery codes; the sessions end."""
    who, key = by(reason, actor, right=Right.USERS), code_key()
    try:
        with opened() as store:
            made = accounts.reset_codes(store, name, code_key=key, own=acting()[0], by=who)
    except UserNotDone as error:
        raise refused(error) from None
    show_secrets(name, made)


@app.command("key")
def key(
    name: Name,
    reason: Reason,
    new_key_file: NewKeyFile = None,
    actor: Actor = "",
) -> None:
    """Give a person another key for the command line; the old one ends."""
    who = by(reason, actor, right=Right.USERS)
    with place_for(new_key_file) as place:
        try:
            with opened() as store:
                made = accounts.issue_key(store, name, own=acting()[0], by=who)
        except UserNotDone as error:
            raise refused(error) from None
        if place is not None:
            place.write(f"{made.key}\n")
    show_secrets(name, made, hide_key=new_key_file is not None)


def code_key() -> bytes:
    """Return the content of the key file, which is made where there is none yet."""
    keys = KeyFile(settings().derivation_key)
    try:
        keys.make()
    except OSError as error:
        refuse(text("clients.ws_key_not_made", file=keys.place, why=error.strerror))
        raise typer.Exit(1) from None
    content = keys.content()
    if content is None:
        refuse(text("clients.ws_key_unusable", file=keys.place))
        raise typer.Exit(1)
    return content


def _password(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "UTF-8"
        refuse(text("users.password_file_unreadable", file=file, why=why))
        raise typer.Exit(2) from None


def refused(error: Explained) -> typer.Exit:
    """Say why nothing was done; return how the command ends."""
    refuse(f"{text('clients.refused')} {error.text}")
    return typer.Exit(1 if isinstance(error, UserNotDone) else 2)
