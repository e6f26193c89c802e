"""`hub users list`, `sessions`, `revoke`: accounts, open sessions, and the end of those."""

from typing import Annotated

import typer

from hub.cli.context import Actor, Reason, by, opened
from hub.cli.output.answer import done, put, show
from hub.cli.output.listing import listing
from hub.cli.users.manage import Name, refused
from hub.operations.users import accounts
from hub.operations.users.confirming import account_state
from hub.operations.users.refused import UserNotDone
from hub.rules.users.rights import Right
from hub.runtime.clock import utc_now
from hub.store.users import sessions
from hub.store.users.listing import listed
from hub.texts import text

app = typer.Typer()
USERS = listing(
    "users",
    "*user *full_name *role *sectors *standing *last_sign_in"
    " open_sessions issuer codes_left key_ends",
)
SESSIONS = listing("sessions", "*session *stage *since *last_used *ends *address")
ANSWERS = {"list": (USERS,), "sessions": (SESSIONS,), "revoke": ("user", "sessions_ended")}


@app.command("list")
def list_users(
    everything: Annotated[bool, typer.Option("--all", help="retired_too")] = False,
) -> None:
    """List accounts: role, sectors, key, recovery codes left; never a secret."""
    with opened() as store, store.read() as tx:
        rows = []
        for each in listed(tx, now=utc_now()):
            it, user = each.account, each.account.user
            if it.retired_at is not None and not everything:
                continue
            rows.append(
                (
                    user.name,
                    user.full_name,
                    str(user.role.text),
                    " ".join(sorted(user.sectors)),
                    str(account_state(it)),
                    it.last_sign_in_at,
                    each.sessions,
                    it.issuer,
                    each.codes_left,
                    each.key_ends_at,
                )
            )
    show(USERS, rows, empty=text("users.none"))


@app.command("sessions")
def list_sessions(name: Name) -> None:
    """List a person's sessions of the console."""
    with opened() as store, store.read() as tx:
        found = sessions.of_user(tx, name, now=utc_now())
    rows = [
        (
            it.id,
            text(f"users.stage_{it.stage.value}"),
            it.made_at,
            it.last_seen_at,
            it.ends_at,
            it.address,
        )
        for it in found
    ]
    show(SESSIONS, rows, empty=text("users.no_session", name=name))


@app.command("revoke")
def revoke(
    name: Name,
    reason: Reason,
    session: Annotated[str, typer.Option("--session", help="user_session")] = "",
    actor: Actor = "",
) -> None:
    """End one session of a person, or all."""
    who = by(reason, actor, right=Right.USERS)
    try:
        with opened() as store:
            count = accounts.end_session(store, name, id=session, by=who)
    except UserNotDone as error:
        raise refused(error) from None
    put(user=name, sessions_ended=count)
    done(text("users.sessions_ended", name=name, count=count))
