"""`hub users lock`, `unlock`, `link`, `unlink`: whether an account opens anything, and by what."""

from collections.abc import Callable
from typing import Annotated

import typer

from hub.cli.acting import acting
from hub.cli.context import Actor, Reason, by, opened, settings
from hub.cli.output.answer import done, put
from hub.cli.users.manage import Name, refused
from hub.operations.users import access
from hub.operations.users.refused import UserNotDone
from hub.rules.users.rights import Right
from hub.store.engine.store import Store
from hub.texts import text

app = typer.Typer()
ANSWERS = {
    "lock": ("user", "locked"),
    "unlock": ("user", "locked"),
    "link": ("user", "issuer"),
    "unlink": ("user", "issuer"),
}


@app.command("lock")
def lock(name: Name, reason: Reason, actor: Actor = "") -> None:
    """Have an account open nothing until it is unlocked; its sessions end at once."""
    who = by(reason, actor, right=Right.USERS)
    _do(lambda store: access.lock(store, name, own=acting()[0], by=who))
    put(user=name, locked=True)
    done(text("users.locked", name=name))


@app.command("unlock")
def unlock(name: Name, reason: Reason, actor: Actor = "") -> None:
    """Let a locked account open again what it opened before."""
    who = by(reason, actor, right=Right.USERS)
    _do(lambda store: access.unlock(store, name, own=acting()[0], by=who))
    put(user=name, locked=False)
    done(text("users.unlocked", name=name))


@app.command("link")
def link(
    name: Name,
    subject: Annotated[str, typer.Option("--oidc-subject", help="oidc_subject")],
    reason: Reason,
    issuer: Annotated[str, typer.Option("--oidc-issuer", help="oidc_issuer")] = "",
    actor: Actor = "",
) -> None:
    """Link an account to an identity of the provider, which then takes the password's place."""
    who, of = by(reason, actor, right=Right.USERS), issuer or settings().oidc_issuer
    _do(lambda store: access.link(store, name, issuer=of, subject=subject, own=acting()[0], by=who))
    put(user=name, issuer=of)
    done(text("users.linked", name=name, issuer=of))


@app.command("unlink")
def unlink(name: Name, reason: Reason, actor: Actor = "") -> None:
    """Have no identity of a provider open an account any more; its sessions end."""
    who = by(reason, actor, right=Right.USERS)
    _do(lambda store: access.unlink(store, name, by=who))
    put(user=name, issuer="")
    done(text("users.unlinked", name=name))


def _do(act: Callable[[Store], None]) -> None:
    try:
        with opened() as store:
            act(store)
    except UserNotDone as error:
        raise refused(error) from None
