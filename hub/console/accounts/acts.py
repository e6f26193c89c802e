"""What the forms about an account do, by the operations of `hub users`.

Each form names the version of the account that its page showed, so that nobody acts on what another
person has changed meanwhile. Secrets are shown in the answer to the form that made them, and never
again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from hub.console.accounts.account import of_account
from hub.console.forms.acting import act
from hub.console.forms.filled import Filled, FormRefused
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView
from hub.console.frame.visitor import visitor
from hub.console.links import account
from hub.console.parts import Parts
from hub.console.sign_in.forms import fields
from hub.operations.signed_by import SignedBy
from hub.operations.users import access, accounts
from hub.operations.users.accounts import UserSecrets
from hub.rules.users.rights import Right, UserRole
from hub.rules.users.user import UserChange
from hub.rules.users.visitor import Visitor
from hub.store.console import happened
from hub.texts import Text, both

Who = Annotated[Visitor, Depends(visitor)]
Form = Annotated[Mapping[str, str], Depends(fields)]
SECTOR = "sector:"
"""What the name of a field for one sector begins with."""


@dataclass(slots=True)
class _Doing:
    """One form that is being carried out, and the secrets that it made."""

    parts: Parts
    own: str
    """The account of the person who decides."""
    name: str
    """The account that it is about."""
    form: Filled
    by: SignedBy
    secrets: list[UserSecrets] = field(default_factory=list, repr=False)

    @property
    def expected(self) -> str:
        """The version of the account that the page showed. Raises FormRefused."""
        version = self.form.get("version")
        if not version:
            raise FormRefused(both("forms.no_id"))
        return version


def install(app: FastAPI, parts: Parts) -> None:
    """Add the addresses that the forms go to."""

    @app.post("/accounts/{name}/{verb}")
    def acted(request: Request, name: str, verb: str, who: Who, form: Form) -> Response:
        page: partial[PageView] = partial(of_account, parts, who, name)
        made: list[UserSecrets] = []

        def do(sent: Filled, by: SignedBy) -> Text:
            page()  # what is not there for this visitor is not acted on
            if verb not in VERBS:
                raise NotHere
            return VERBS[verb](_Doing(parts, who.name, name, sent, by, made))

        def shown() -> PageView | None:
            return page(secrets=made[0]) if made else None

        return act(
            request,
            parts,
            who,
            form,
            do=do,
            page=page,
            leads_to=account(name) if who.may(Right.USERS) else "/",
            happened=lambda tx, since: happened.to_account(tx, name, since=since),
            shown=shown,
        )


def _end_sessions(it: _Doing) -> Text:
    count = accounts.end_session(it.parts.store, it.name, id=it.form.get("session"), by=it.by)
    return both("users.sessions_ended", name=it.name, count=count)


def _lock(it: _Doing) -> Text:
    access.lock(it.parts.store, it.name, own=it.own, expected=it.expected, by=it.by)
    return both("users.locked", name=it.name)


def _unlock(it: _Doing) -> Text:
    access.unlock(it.parts.store, it.name, own=it.own, expected=it.expected, by=it.by)
    return both("users.unlocked", name=it.name)


def _retire(it: _Doing) -> Text:
    accounts.retire(it.parts.store, it.name, own=it.own, expected=it.expected, by=it.by)
    return both("users.retired", name=it.name)


def _reset_codes(it: _Doing) -> Text:
    key = it.parts.code_key()
    if key is None:
        raise FormRefused(both("account_pages.no_key_file"))
    made = accounts.reset_codes(
        it.parts.store, it.name, code_key=key, own=it.own, expected=it.expected, by=it.by
    )
    it.secrets.append(made)
    return both("account_pages.codes_reset", name=it.name)


def _change(it: _Doing) -> Text:
    role = it.form.get("role")
    if role not in set(UserRole):
        raise FormRefused(both("forms.no_id"))
    chosen = {it.removeprefix(SECTOR) for it in it.form.fields if it.startswith(SECTOR)}
    sectors = frozenset(chosen) if role == UserRole.OFFICER else frozenset[str]()
    wanted = UserChange(role=UserRole(role), sectors=sectors)
    accounts.change(
        it.parts.store, it.name, change=wanted, own=it.own, expected=it.expected, by=it.by
    )
    return both("users.changed", name=it.name)


def _link(it: _Doing) -> Text:
    issuer, subject = (
        it.parts.oidc_issuer,
        it.form.get("subject_of_provider", longest=access.LONGEST_SUBJECT),
    )
    access.link(
        it.parts.store,
        it.name,
        issuer=issuer,
        subject=subject,
        own=it.own,
        expected=it.expected,
        by=it.by,
    )
    return both("users.linked", name=it.name, issuer=issuer)


def _unlink(it: _Doing) -> Text:
    access.unlink(it.parts.store, it.name, expected=it.expected, by=it.by)
    return both("users.unlinked", name=it.name)


VERBS: Mapping[str, Callable[[_Doing], Text]] = {
    "end-sessions": _end_sessions,
    "lock": _lock,
    "unlock": _unlock,
    "retire": _retire,
    "reset-codes": _reset_codes,
    "change": _change,
    "link": _link,
    "unlink": _unlink,
}
"""The acts by the last part of their address."""
