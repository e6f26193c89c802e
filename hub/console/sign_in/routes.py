"""The routes of the sign-in, and what a request without a session, or with another one, gets.

A page that needs a person is answered with 401 and the form to sign in; a posted form keeps what
was typed. Nothing here is served from another site's form.
"""

from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from hub.console.frame.visitor import SignInNeeded
from hub.console.parts import Parts
from hub.console.sign_in import account, by_provider, cookies, pages
from hub.console.sign_in.forms import ForeignForm, KeptForm, OldForm, kept_of
from hub.console.sign_in.identity import Identity, signed_in
from hub.operations.users import signing_in
from hub.operations.users.opening import OpenedSession
from hub.operations.users.signing_in import SignInOver, SignInRefused
from hub.rules.users.passwords import WeakPassword
from hub.rules.users.sign_in import SessionStage
from hub.texts import both
from hub.web.language import own_path

OPEN = frozenset({"/sign-in", "/sign-in/code", "/sign-in/password", "/sign-in/again"})
"""What a stranger may ask for: it opens nothing without the right words."""


def install(app: FastAPI, parts: Parts) -> None:
    """Have every route know who asks; add the routes. Before any other route is added."""
    app.router.dependencies.append(Depends(Identity(parts)))
    routes = _Routes(parts)
    for path, get, post in (
        ("/sign-in", routes.show_name, routes.name),
        ("/sign-in/code", routes.show_stage, routes.code),
        ("/sign-in/password", routes.show_stage, routes.first_password),
    ):
        app.add_api_route(path, get, methods=["GET"])
        app.add_api_route(path, post, methods=["POST"])
    app.add_api_route("/sign-in/again", routes.again, methods=["POST"])
    by_provider.install(app, parts)
    account.install(app, parts)
    app.add_exception_handler(SignInNeeded, routes.needed)
    app.add_exception_handler(OldForm, routes.old_form)
    app.add_exception_handler(ForeignForm, routes.foreign_form)


class _Routes:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show_name(self, request: Request, back: str = "/") -> Response:
        return pages.name_page(request, self._parts, back=back)

    def show_stage(self, request: Request, back: str = "/") -> Response:
        """The page of the stage at which the sign-in is; to reload it, or to switch language."""
        found = signed_in(request)
        if found is None:
            return pages.name_page(request, self._parts, back=back)
        if found.session.stage is SessionStage.WHOLE:
            return RedirectResponse(own_path(back), status_code=303)
        return pages.stage_page(request, self._parts, found.session.stage, {"back": back})

    def name(self, request: Request) -> Response:
        form, parts = request.state.form, self._parts
        try:
            opened = signing_in.check_password(
                parts.store,
                form.get("name", ""),
                form.get("password", ""),
                browser=cookies.browser_of(request, parts),
                now=parts.clock(),
            )
        except SignInRefused as error:
            back, kept = form.get("back", "/"), form.get("kept", "")
            return pages.name_page(
                request, parts, back=back, kept=kept, wrong=error.text, status=422
            )
        answer = pages.goes_on(request, parts, opened, form)
        cookies.forget_id_token(answer)  # of another sign-in
        return answer

    def code(self, request: Request) -> Response:
        form, parts = request.state.form, self._parts

        def check() -> OpenedSession:
            return signing_in.check_code(
                parts.store,
                cookies.token_of(request),
                form.get("code", ""),
                browser=cookies.browser_of(request, parts),
                code_key=parts.code_key,
                now=parts.clock(),
            )

        try:
            return pages.goes_on(request, parts, check(), form)
        except SignInRefused as error:
            return pages.stage_page(request, parts, SessionStage.CODE, form, wrong=error.text)
        except SignInOver:
            return self._begin_anew(request)

    def first_password(self, request: Request) -> Response:
        form, parts = request.state.form, self._parts
        try:
            opened = account.changed_password(request, parts, form)
        except (SignInRefused, WeakPassword) as error:
            return pages.stage_page(request, parts, SessionStage.PASSWORD, form, wrong=error.text)
        except SignInOver:
            return self._begin_anew(request)
        return pages.goes_on(request, parts, opened, form)

    def again(self, request: Request) -> Response:
        """Show what was typed before the session ended, now that there is one again."""
        found = signed_in(request)
        if found is None or found.session.stage is not SessionStage.WHOLE:
            return self._begin_anew(request)
        kept = KeptForm.read_of(request.state.form.get("kept", ""), found.visitor.name)
        return pages.again_page(request, self._parts, kept)

    def _begin_anew(self, request: Request) -> Response:
        form, over = request.state.form, both("sign_in.over")
        back, kept = form.get("back", "/"), form.get("kept", "")
        return pages.name_page(request, self._parts, back=back, kept=kept, wrong=over, status=422)

    async def needed(self, request: Request, _error: Exception) -> Response:
        form = getattr(request.state, "form", None)
        typed = kept_of(request) if form is not None else None
        kept = typed.text if typed else ""
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = "/" if form is not None else path
        return await run_in_threadpool(
            pages.name_page, request, self._parts, back=back, kept=kept, status=401
        )

    async def old_form(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, OldForm)  # noqa: S101 - it is registered for no other
        found = signed_in(request)
        kept = error.kept
        if kept is not None and (found is None or kept.user != found.visitor.name):
            kept = None  # another person's
        return await run_in_threadpool(pages.again_page, request, self._parts, kept)

    async def foreign_form(self, request: Request, _error: Exception) -> Response:
        return await run_in_threadpool(
            pages.name_page,
            request,
            self._parts,
            wrong=both("sign_in.foreign_form"),
            status=403,
        )
