"""Signing in by a provider of identities: sent there, and what the browser comes back with.

What a sign-in is known by (state, nonce, PKCE's verifier) stands in a cookie of this browser alone,
sealed by this process, for ten minutes; every answer takes it away again. So an answer that another
browser began, or that comes a second time, opens nothing. Whatever goes wrong is told on the page
of the sign-in: password and code go on working there.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from hub.console.links import PROVIDER_DONE, SIGN_IN
from hub.console.parts import Parts
from hub.console.sign_in import cookies, pages
from hub.console.sign_in.identity import signed_in
from hub.operations.users.identity_sign_in import open_for
from hub.operations.users.opening import OpenedSession
from hub.operations.users.providers import IdentityProvider
from hub.operations.users.sign_in_room import SignInRoom
from hub.rules.users import keys
from hub.rules.users.identities import IdentityRefusal, IdentityRefused, Started
from hub.rules.users.sign_in import UNFINISHED, SessionStage, masked_address, network_of
from hub.runtime.telemetry import Event, log
from hub.texts import Text, both
from hub.web.language import own_path

BEGIN, SIGN_OUT = "/sign-in/provider", "/sign-out/provider"
COOKIE = "__Host-hub-provider"
_KEY = secrets.token_bytes(32)
"""Of this process: a sign-in that another one began is begun anew."""
_LONGEST_BACK = 1000
_LONGEST_COOKIE = 3000
_STATUS = {
    IdentityRefusal.PROVIDER_AWAY: 503,
    IdentityRefusal.BUSY: 503,
    IdentityRefusal.PROVIDER_ANSWER: 502,
}


def install(app: FastAPI, parts: Parts) -> None:
    """Add the two addresses, where the hub has a provider."""
    if parts.identities is None:
        return
    routes = _ByProvider(parts, parts.identities)
    app.add_api_route(BEGIN, routes.begin, methods=["GET"])
    app.add_api_route(PROVIDER_DONE, routes.done, methods=["GET"])
    app.add_api_route(SIGN_OUT, routes.sign_out, methods=["GET"])


class _ByProvider:
    def __init__(self, parts: Parts, provider: IdentityProvider) -> None:
        self._parts, self._provider = parts, provider
        self._room = SignInRoom()

    def begin(self, request: Request, back: str = "/") -> Response:
        """Send the browser to the provider."""
        started = Started(
            state=keys.fresh_token(), nonce=keys.fresh_token(), verifier=keys.fresh_token()
        )
        try:
            with self._place(network_of(self._parts.address_of(request))):
                address = self._provider.address(started)
        except IdentityRefused as error:
            return self._refused(request, error, back)
        answer = RedirectResponse(address, status_code=303)
        back = own_path(back)
        sealed = _seal(started, back if len(back) <= _LONGEST_BACK else "/", self._parts.clock())
        answer.set_cookie(
            COOKIE,
            sealed,
            max_age=int(UNFINISHED.total_seconds()),
            path="/",
            secure=True,
            httponly=True,
            samesite="lax",
        )
        return answer

    def done(
        self,
        request: Request,
        code: str = "",
        state: str = "",
        iss: str | None = None,
        error: str = "",
    ) -> Response:
        """Take what the provider sent the browser back with."""
        back, now = "/", self._parts.clock()
        try:
            started, back = _opened(request.cookies.get(COOKIE, ""), now)
            if not hmac.compare_digest(started.state.encode(), state.encode(errors="replace")):
                raise IdentityRefused(IdentityRefusal.STATE)
            self._provider.check_answer_from(iss)
            if error or not code:
                raise IdentityRefused(IdentityRefusal.PROVIDER_REFUSED, "said to the browser")
            opened, id_token = self._redeemed(request, code[:4000], started, now)
        except IdentityRefused as refused:
            return self._refused(request, refused, back)
        goes_on = opened.stage is not SessionStage.WHOLE
        answer = RedirectResponse(pages.stage_path(back) if goes_on else back, status_code=303)
        cookies.keep(answer, opened)
        if self._signs_out(id_token):
            cookies.keep_id_token(answer, id_token)
        _forget(answer)
        return answer

    def sign_out(self, request: Request) -> Response:
        """Send a browser that is signed out of the console to sign out at the provider.

        A link of another site does nothing while the person is signed in.
        """
        id_token, address = cookies.id_token_of(request), SIGN_IN
        if signed_in(request) is not None:
            return RedirectResponse("/account", status_code=303)
        if id_token:
            try:
                with self._place(network_of(self._parts.address_of(request))):
                    address = self._provider.sign_out_address(id_token) or SIGN_IN
            except IdentityRefused as error:
                return self._refused(request, error, "/")
        answer = RedirectResponse(address, status_code=303)
        cookies.forget_id_token(answer)
        return answer

    def _signs_out(self, id_token: str) -> bool:
        try:
            return bool(self._provider.sign_out_address(id_token))
        except IdentityRefused:
            return False  # it is away since it answered: the person is signed in all the same

    def _redeemed(
        self, request: Request, code: str, started: Started, now: datetime
    ) -> tuple[OpenedSession, str]:
        """Return the session that a code opens, and the token that proved the person."""
        browser = cookies.browser_of(request, self._parts)
        with self._place(network_of(browser.address)):
            identity = self._provider.redeem(code, started, now=now)
        opened = open_for(self._parts.store, identity, started, browser=browser, now=now)
        return opened, identity.id_token

    @contextmanager
    def _place(self, source: str) -> Iterator[None]:
        """Be one of the few that may wait for the provider. Raises IdentityRefused.

        A provider that does not answer holds a thread for seconds, and strangers may press the
        button.
        """
        if not self._room.reserve(source, known=False):
            raise IdentityRefused(IdentityRefusal.BUSY)
        try:
            yield
        finally:
            self._room.leave(source)

    def _refused(self, request: Request, error: IdentityRefused, back: str) -> Response:
        code, where = error.refusal, masked_address(self._parts.address_of(request))
        log.warning(Event.IDENTITY_REFUSED, code=code.value, detail=error.detail[:200])
        if code is not IdentityRefusal.ACCOUNT_CLOSED:  # which stands in the audit by its account
            self._parts.deny_identity(where, code.value)
        answer = pages.name_page(
            request,
            self._parts,
            back=back,
            wrong=_words_of(error),
            status=_STATUS.get(code, 403),
        )
        _forget(answer)
        return answer


def _words_of(error: IdentityRefused) -> Text:
    """Return what happened and what to do, with the code that the runbook has."""
    shown = {"what": error.refusal.text, "to_do": error.refusal.to_do, "code": error.refusal.value}
    if error.subject:
        return both("identities.why_with_subject", subject=error.subject, **shown)
    return both("identities.why", **shown)


def _seal(started: Started, back: str, now: datetime) -> str:
    kept = [started.state, started.nonce, started.verifier, back, int(now.timestamp())]
    made = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
    return f"{_mark_of(made)}.{made}"


def _opened(sealed: str, now: datetime) -> tuple[Started, str]:
    """Return the sign-in of a cookie, and where it leads back to. Raises IdentityRefused."""
    mark, _, made = sealed[:_LONGEST_COOKIE].partition(".")
    if not hmac.compare_digest(mark.encode(errors="replace"), _mark_of(made).encode()):
        raise IdentityRefused(IdentityRefusal.STATE)
    state, nonce, verifier, back, begun = json.loads(base64.urlsafe_b64decode(made))
    if not 0 <= now.timestamp() - begun < UNFINISHED.total_seconds() + 1:
        raise IdentityRefused(IdentityRefusal.STATE)
    return Started(state=state, nonce=nonce, verifier=verifier), own_path(back)


def _mark_of(text: str) -> str:
    return hmac.digest(_KEY, text.encode(errors="replace"), "sha256").hex()


def _forget(answer: Response) -> None:
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
