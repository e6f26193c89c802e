"""`/docs`: pages and files for partners' developers; no key is needed, no data is shown.

`/docs` leads to the Vietnamese guide whatever a browser says of its language: each page has a
switch to the other. Every page is made once and kept. What is served has the caller's own address
in it, as the WSDL has. No page has a script, and nothing comes from elsewhere.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from hub.gateway.clients.proxies import Proxies
from hub.gateway.docs import asyncapi_page, contracts, faults_page, guide, openapi_page, wsdl_page
from hub.gateway.docs.pages import GUIDE, PREFIX, Page, address, framed
from hub.texts.catalog import Language

PAGES: dict[str, Callable[[Language], Page]] = {
    GUIDE: guide.guide,
    "rest": openapi_page.page,
    "soap": wsdl_page.page,
    "queues": asyncapi_page.page,
    "faults": faults_page.page,
}
_STYLE = Path(__file__).with_name("style.css")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def install(app: FastAPI, *, proxies: Proxies) -> None:
    """Add the routes to an application."""

    def add(path: str, route: Callable[..., Response]) -> None:
        app.add_api_route(path, route, methods=["GET"])

    def begin() -> Response:
        return RedirectResponse(address(Language.VI, GUIDE), headers=_HEADERS)

    def style(request: Request) -> Response:
        return _answer(request, _STYLE.read_bytes(), "text/css; charset=utf-8")

    def page(request: Request, language: Language, name: str) -> Response:
        text = _document(language, name).replace(contracts.PLACE, proxies.origin(request))
        return _answer(request, text.encode(), "text/html; charset=utf-8")

    def contract(request: Request, name: str) -> Response:
        found = contracts.served(name, proxies.origin(request))
        return _answer(request, found, contracts.FILES[name])

    add(PREFIX, begin)
    add(f"{PREFIX}/", begin)
    add(f"{PREFIX}/style.css", style)
    add(f"{PREFIX}/examples/{contracts.EXAMPLE.name}", _example)
    for name in contracts.FILES:
        add(f"{PREFIX}/{name}", _bound(contract, name))
    for language in Language:
        for name in PAGES:
            add(address(language, name), _bound(page, language, name))


def _bound(route: Callable[..., Response], *values: object) -> Callable[[Request], Response]:
    def bound(request: Request) -> Response:
        return route(request, *values)

    return bound


@cache
def _document(language: Language, name: str) -> str:
    return framed(PAGES[name](language), language=language, name=name)


def _example(request: Request) -> Response:
    return _answer(request, contracts.EXAMPLE.read_bytes(), "application/pdf")


def _answer(request: Request, body: bytes, media_type: str) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = _HEADERS | {"ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
