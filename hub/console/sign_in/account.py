"""The own account: password, sessions, key for the command line; signing out."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, signed_by
from hub.console.parts import Parts
from hub.console.sign_in import cookies, pages
from hub.console.sign_in.forms import Form
from hub.console.sign_in.identity import signed_in
from hub.operations.users import accounts, signing_in
from hub.operations.users.opening import OpenedSession
from hub.operations.users.signing_in import SignInOver, SignInRefused
from hub.rules.users.passwords import WeakPassword
from hub.rules.users.visitor import Visitor
from hub.store.users import accounts as kept_accounts
from hub.store.users import keys as kept_keys
from hub.store.users import recovery_codes, sessions
from hub.texts import Text, both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page and what it acts."""
    routes = _Account(parts)
    app.add_api_route("/account", routes.show, methods=["GET"])
    app.add_api_route("/account/password", routes.password, methods=["POST"])
    app.add_api_route("/account/sessions", routes.end_session, methods=["POST"])
    app.add_api_route("/account/key", routes.key, methods=["POST"])
    app.add_api_route("/sign-out", routes.sign_out, methods=["POST"])


def changed_password(request: Request, parts: Parts, form: Mapping[str, str]) -> OpenedSession:
    """Change the own password by a form. Raises SignInRefused, SignInOver and WeakPassword."""
    if form.get("new", "") != form.get("again", ""):
        raise SignInRefused(both("sign_in.passwords_differ"))
    return signing_in.change_password(
        parts.store,
        cookies.token_of(request),
        form.get("old", ""),
        form.get("new", ""),
        browser=cookies.browser_of(request, parts),
        now=parts.clock(),
    )


class _Account:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, request: Request, who: Who) -> Response:
        return self._page(request, who)

    def password(self, request: Request, who: Who, form: Form) -> Response:
        try:
            opened = changed_password(request, self._parts, form)
        except (SignInRefused, WeakPassword) as error:
            return self._page(request, who, wrong=error.text)
        except SignInOver:
            return RedirectResponse("/sign-in", status_code=303)
        answer = RedirectResponse("/account", status_code=303)
        cookies.keep(answer, opened)
        return answer

    def end_session(self, request: Request, who: Who, form: Form) -> Response:
        del who
        found = signed_in(request)
        if found is not None:
            id = form.get("session", "")
            signing_in.sign_out(self._parts.store, found, id=id, now=self._parts.clock())
        return RedirectResponse("/account", status_code=303)

    def key(self, request: Request, who: Who, form: Form) -> Response:
        """Give the person another key for the command line; it is shown once.

        The key outlasts the session, so an open browser is not enough: the password is asked for.
        """
        parts, reason = self._parts, form.get("reason", "").strip()[:200]
        now = parts.clock()
        if not reason:
            return self._page(request, who, wrong=both("sign_in.reason_needed"))
        try:
            signing_in.prove_password(
                parts.store,
                cookies.token_of(request),
                form.get("password", ""),
                browser=cookies.browser_of(request, parts),
                now=now,
            )
        except SignInRefused as error:
            return self._page(request, who, wrong=error.text)
        except SignInOver:
            return RedirectResponse("/sign-in", status_code=303)
        by = signed_by(who, reason, now=now)
        made = accounts.issue_key(parts.store, who.name, own=who.name, by=by)
        return self._page(request, who, key=made.key)

    def sign_out(self, request: Request, who: Who, form: Form) -> Response:
        del who, form  # the person and the token were checked
        found = signed_in(request)
        if found is not None:
            signing_in.sign_out(self._parts.store, found, now=self._parts.clock())
        answer: Response = RedirectResponse("/sign-in", status_code=303)
        if self._parts.identities is not None and cookies.id_token_of(request):
            answer = pages.signed_out_page(request, self._parts)
        cookies.forget_session(answer)
        return answer

    def _page(
        self, request: Request, who: Visitor, *, wrong: Text | None = None, key: str = ""
    ) -> Response:
        now, found = self._parts.clock(), signed_in(request)
        with self._parts.store.read() as tx:
            opened = sessions.of_user(tx, who.name, now=now)
            account = kept_accounts.named(tx, who.name)
            kept, codes_left = kept_keys.of_user(tx, who.name), recovery_codes.left(tx, who.name)
        page = PageView(
            template="sign_in/account.html",
            title=both("sign_in.account_title"),
            values={
                "sessions": opened,
                "own_session": found.session.id if found else "",
                "key": key,
                "key_ends_at": kept.ends_at if kept else None,
                "codes_left": codes_left,
                "identity": account if account and account.subject else None,
                "wrong": wrong,
            },
            status=200 if wrong is None else 422,
        )
        return render(request, page, who, now=now)
