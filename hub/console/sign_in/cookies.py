"""What a browser keeps: the session's token, and the mark by which it is known.

Both cookies are of this host alone, over TLS (a browser takes its own machine for as good), unseen
by scripts, and not sent along from another site's forms.
"""

from fastapi import Request
from fastapi.responses import Response

from hub.console.parts import Parts
from hub.operations.users.opening import Browser, OpenedSession
from hub.rules.users.sign_in import DEVICE_LASTS, LONGEST

SESSION = "__Host-hub-session"
DEVICE = "__Host-hub-browser"
ID_TOKEN = "__Host-hub-id-token"  # noqa: S105 - the name of a cookie
_LONGEST_ID_TOKEN = 3500
"""A browser keeps 4096 bytes of a cookie; without it the hub offers no sign-out there."""
_LONGEST_VALUE = 100


def token_of(request: Request) -> str:
    """Return the token that a request came with, "" for none."""
    return request.cookies.get(SESSION, "")[:_LONGEST_VALUE]


def browser_of(request: Request, parts: Parts) -> Browser:
    """Return where a request comes from.

    Behind a reverse proxy that has not proven itself the address is the proxy's: then only the
    browser's mark tells apart.
    """
    address = parts.address_of(request)
    return Browser(address=address, mark=request.cookies.get(DEVICE, "")[:_LONGEST_VALUE])


def keep(answer: Response, opened: OpenedSession) -> None:
    """Have the browser keep a session."""
    _set(answer, SESSION, opened.token, int(LONGEST.total_seconds()))
    if opened.mark:
        _set(answer, DEVICE, opened.mark, int(DEVICE_LASTS.total_seconds()))


def forget_session(answer: Response) -> None:
    """Have the browser forget the session; it stays a known browser."""
    answer.delete_cookie(SESSION, path="/", secure=True, httponly=True, samesite="lax")


def keep_id_token(answer: Response, id_token: str) -> None:
    """Have the browser keep what a provider of identities signed, to sign out there later."""
    if len(id_token) <= _LONGEST_ID_TOKEN:
        _set(answer, ID_TOKEN, id_token, int(LONGEST.total_seconds()))


def id_token_of(request: Request) -> str:
    """Return the token of the sign-in at a provider, "" for none."""
    return request.cookies.get(ID_TOKEN, "")[:_LONGEST_ID_TOKEN]


def forget_id_token(answer: Response) -> None:
    """Have the browser forget the sign-in at a provider."""
    answer.delete_cookie(ID_TOKEN, path="/", secure=True, httponly=True, samesite="lax")


def _set(answer: Response, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(
        name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax"
    )
