"""What the forms about an account do, by the operations of `hub users`.

Each form names the version of the account that its page showed, so that nobody acts on what another
person has changed meanwhile. Secrets are shown in the answer to the form that made them, and never
again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from fastapi import FastAPI
from fastapi.responses import Response

from hub.console.accounts.account import of_account
from hub.console.accounts.listing import of_all
from hub.console.forms.acting import Posted, act
from hub.console.forms.filled import Filled, FormRefused
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView
from hub.console.frame.visitor import demand
from hub.console.links import account
from hub.console.parts import Parts
from hub.operations.signed_by import SignedBy
from hub.operations.users import access, accounts
from hub.operations.users.accounts import UserSecrets
from hub.rules.users.rights import Right, UserRole
from hub.rules.users.user import User, UserChange
from hub.store.console import happened
from hub.texts import Language, Text, both

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


def install(app: FastAPI, parts: Parts) -> None:
    """Add the addresses that the forms go to."""
    forms = _Forms(parts)
    app.add_api_route("/accounts", forms.add, methods=["POST"])
    app.add_api_route("/accounts/{name}/{verb}", forms.act, methods=["POST"])


class _Forms:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def add(self, posted: Posted) -> Response:
        """Add an account; its page is the answer to the first click, with what opens it."""
        parts, who = self._parts, posted.who
        name = posted.fields.get("account", "").strip()
        made: list[UserSecrets] = []

        def do(sent: Filled, by: SignedBy) -> Text:
            demand(who, Right.USERS)
            return _add(_Doing(parts, who.name, name, sent, by, made))

        return act(
            posted,
            parts,
            do=do,
            page=partial(of_all, parts, who),
            leads_to="/accounts",
            shown=lambda: of_account(parts, who, name, secrets=made[0]) if made else None,
        )

    def act(self, name: str, verb: str, posted: Posted) -> Response:
        """Do to an account what its page offers."""
        parts, who = self._parts, posted.who
        page: partial[PageView] = partial(of_account, parts, who, name)
        made: list[UserSecrets] = []

        def do(sent: Filled, by: SignedBy) -> Text:
            page()  # what is not there for this visitor is not acted on
            if verb not in VERBS:
                raise NotHere
            return VERBS[verb](_Doing(parts, who.name, name, sent, by, made))

        return act(
            posted,
            parts,
            do=do,
            page=page,
            leads_to=account(name) if who.may(Right.USERS) else "/",
            happened=lambda tx, since: happened.to_account(tx, name, since=since),
            shown=lambda: page(secrets=made[0]) if made else None,
        )


def _add(it: _Doing) -> Text:
    user = User(
        name=it.name,
        full_name=it.form.get("full_name"),
        role=_role(it.form),
        sectors=_sectors(it.form),
        language=_language(it.form),
    )
    made = accounts.add(
        it.parts.store,
        user,
        code_key=_code_key(it.parts),
        with_key=False,
        own=it.own,
        at_server=False,
        by=it.by,
    )
    it.secrets.append(made)
    return both("account_pages.added_outcome", name=it.name)


def _end_sessions(it: _Doing) -> Text:
    count = accounts.end_session(it.parts.store, it.name, id=it.form.get("session"), by=it.by)
    return both("users.sessions_ended", name=it.name, count=count)


def _lock(it: _Doing) -> Text:
    access.lock(it.parts.store, it.name, own=it.own, expected=it.form.version, by=it.by)
    return both("users.locked", name=it.name)


def _unlock(it: _Doing) -> Text:
    access.unlock(it.parts.store, it.name, own=it.own, expected=it.form.version, by=it.by)
    return both("users.unlocked", name=it.name)


def _retire(it: _Doing) -> Text:
    accounts.retire(
        it.parts.store, it.name, own=it.own, expected=it.form.version, at_server=False, by=it.by
    )
    return both("users.retired", name=it.name)


def _reset_codes(it: _Doing) -> Text:
    made = accounts.reset_codes(
        it.parts.store,
        it.name,
        code_key=_code_key(it.parts),
        own=it.own,
        expected=it.form.version,
        at_server=False,
        by=it.by,
    )
    it.secrets.append(made)
    return both("account_pages.codes_reset", name=it.name)


def _reset_password(it: _Doing) -> Text:
    if it.name == it.own:
        raise FormRefused(both("account_pages.own_password"))
    made = accounts.reset_password(
        it.parts.store, it.name, own=it.own, expected=it.form.version, at_server=False, by=it.by
    )
    it.secrets.append(made)
    return both("account_pages.password_reset", name=it.name)


def _change(it: _Doing) -> Text:
    wanted = UserChange(role=_role(it.form), sectors=_sectors(it.form))
    accounts.change(
        it.parts.store,
        it.name,
        change=wanted,
        own=it.own,
        expected=it.form.version,
        at_server=False,
        by=it.by,
    )
    return both("users.changed", name=it.name)


def _role(form: Filled) -> UserRole:
    """Return the role of a form. Raises FormRefused."""
    role = form.get("role")
    if role not in set(UserRole):
        raise FormRefused(both("forms.no_id"))
    return UserRole(role)


def _sectors(form: Filled) -> frozenset[str]:
    """Return the sectors that are ticked, of an officer alone."""
    if form.get("role") != UserRole.OFFICER:
        return frozenset()
    return frozenset(it.removeprefix(SECTOR) for it in form.fields if it.startswith(SECTOR))


def _language(form: Filled) -> Language:
    """Return the language of a form. Raises FormRefused."""
    language = form.get("language")
    if language not in set(Language):
        raise FormRefused(both("forms.no_id"))
    return Language(language)


def _code_key(parts: Parts) -> bytes:
    """Return the content of the key file. Raises FormRefused."""
    key = parts.code_key()
    if key is None:
        raise FormRefused(both("account_pages.no_key_file"))
    return key


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
        expected=it.form.version,
        at_server=False,
        by=it.by,
    )
    return both("users.linked", name=it.name, issuer=issuer)


def _unlink(it: _Doing) -> Text:
    access.unlink(it.parts.store, it.name, expected=it.form.version, by=it.by)
    return both("users.unlinked", name=it.name)


VERBS: Mapping[str, Callable[[_Doing], Text]] = {
    "end-sessions": _end_sessions,
    "lock": _lock,
    "unlock": _unlock,
    "retire": _retire,
    "reset-codes": _reset_codes,
    "reset-password": _reset_password,
    "change": _change,
    "link": _link,
    "unlink": _unlink,
}
"""The acts by the last part of their address."""
