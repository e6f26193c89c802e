"""The language of a page: the visitor's choice, else what the browser asks for, else Vietnamese.

The choice is a cookie, so it also holds before a person has signed in.
"""

from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from hub.texts import Language

COOKIE = "hub-language"
_YEAR = 365 * 24 * 3600


def language_of(request: Request) -> Language:
    """Return the language in which a request is answered."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in set(Language):
        return Language(chosen)
    for part in request.headers.get("accept-language", "").split(","):
        tongue = part.strip().partition(";")[0].partition("-")[0].lower()
        if tongue in set(Language):
            return Language(tongue)
    return Language.VI


def install(app: FastAPI) -> None:
    """Add the switch."""

    @app.get("/language/{language}")
    def switch(request: Request, language: Language, back: str = "/") -> Response:
        answer = RedirectResponse(own_path(back), status_code=303)
        answer.set_cookie(
            COOKIE,
            language.value,
            max_age=_YEAR,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer


def own_path(wanted: str) -> str:
    """Return a path on this console; "/" for anything that leads elsewhere."""
    parts = urlsplit(wanted)
    elsewhere = parts.scheme or parts.netloc or not wanted.startswith("/") or "\\" in wanted
    # A browser takes "//host" for an address, and drops control characters before it looks.
    if elsewhere or wanted.startswith("//") or any(ord(letter) < 32 for letter in wanted):
        return "/"
    return wanted
