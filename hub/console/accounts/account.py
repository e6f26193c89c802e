"""The page of one account: what it is, what it has opened, and what may be done about it."""

from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.console.accounts.listing import choices
from hub.console.accounts.qr_code import qr_code
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who
from hub.console.parts import Parts
from hub.operations.users.access import fingerprint
from hub.operations.users.accounts import UserSecrets
from hub.operations.users.confirming import account_state
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.users import accounts, recovery_codes, sessions
from hub.store.users import keys as kept_keys
from hub.store.users.accounts import UserAccount
from hub.texts import both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page."""

    @app.get("/accounts/{name}")
    def page(request: Request, name: str, who: Who) -> Response:
        return render(request, of_account(parts, who, name), who, now=parts.clock())


def of_account(
    parts: Parts, who: Visitor, name: str, *, secrets: UserSecrets | None = None
) -> PageView:
    """Return the page; `secrets`: what the person was just given, shown once. Raises NotHere."""
    if not who.may(Right.USERS):
        raise NotHere
    with parts.store.read() as tx:
        found = accounts.named(tx, name)
        if found is None:
            raise NotHere
        opened = sessions.of_user(tx, name, now=parts.clock())
        codes_left, key = recovery_codes.left(tx, name), kept_keys.of_user(tx, name)
    return PageView(
        template="accounts/account.html",
        title=both("account_pages.account_title", name=name),
        values={
            "it": found,
            "standing": account_state(found),
            "sessions": opened,
            "codes_left": codes_left,
            "key_ends_at": key.ends_at if key else None,
            "verbs": _verbs(found, is_own=who.name == name),
            "secrets": secrets,
            "qr_code": qr_code(secrets.code_address) if secrets and secrets.code_address else "",
            "fingerprint": fingerprint(found.issuer, found.subject) if found.subject else "",
            "issuer": parts.oidc_issuer,
            **choices(),
        },
    )


def _verbs(found: UserAccount, *, is_own: bool) -> Sequence[str]:
    """Return the acts that the page offers, by the last part of their address."""
    if found.retired_at is not None:
        return ["unlink"] if found.subject else []
    offered = ["end-sessions", "reset-codes", "unlink" if found.subject else "link"]
    if not is_own:
        offered += [
            "reset-password",
            "change",
            "lock" if found.locked_at is None else "unlock",
            "retire",
        ]
    return offered
