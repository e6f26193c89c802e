"""Who asks: before each route the session of the request is looked up, once.

The route finds the visitor, the session and the token of its forms in `request.state`; without a
whole session none of them is there, so `frame.visitor` lets nobody in.
"""

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from hub.console.parts import Parts
from hub.console.sign_in import cookies, forms
from hub.operations.users import signing_in
from hub.operations.users.signing_in import SignedIn
from hub.rules.users.sign_in import SessionStage

_SAFE = frozenset({"GET", "HEAD"})
_WITHOUT_PERSON = ("/static/", "/language/")


class Identity:
    """A dependency of every route."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, request: Request) -> None:
        """Put what is known of the person, and of a posted form, into the request's state."""
        if request.method not in _SAFE:
            request.state.form = await forms.read_form(request)
        token = cookies.token_of(request)
        if token and not request.url.path.startswith(_WITHOUT_PERSON):
            # A page that keeps itself fresh is no use of the session: it would never be idle.
            uses = not request.url.path.startswith("/live/")
            found = await run_in_threadpool(self._signed_in, token, uses)
            if found is not None:
                _know(request, found)

    def _signed_in(self, token: str, uses: bool) -> SignedIn | None:
        return signing_in.signed_in(self._parts.store, token, now=self._parts.clock(), uses=uses)


def _know(request: Request, found: SignedIn) -> None:
    request.state.signed_in = found
    if found.session.stage is SessionStage.WHOLE:
        request.state.visitor = found.visitor
        request.state.form_token = found.form_token


def signed_in(request: Request) -> SignedIn | None:
    """Return the session of a request, at whatever stage; None for none."""
    found = getattr(request.state, "signed_in", None)
    return found if isinstance(found, SignedIn) else None
