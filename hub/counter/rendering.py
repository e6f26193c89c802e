"""Turns a page of the hall into HTML."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from hub.counter.parts import CounterParts
from hub.texts import Language
from hub.web.language import language_of
from hub.web.own_files import OwnFiles
from hub.web.templates import make_environment

_COUNTER = Path(__file__).parent
OWN_FILES = OwnFiles.read(
    _COUNTER / "static", "counter.css", "kiosk.js", "display.js", shared=("icon.svg", "wedge.js")
)


@cache
def _environment(language: Language) -> jinja2.Environment:
    made = make_environment(_COUNTER / "templates", language)
    made.globals.update(address=OWN_FILES.address)
    return made


def html(template: str, language: Language, values: Mapping[str, Any]) -> str:
    """Return what a template makes of its values."""
    return _environment(language).get_template(template).render(values)


def page(
    request: Request,
    parts: CounterParts,
    template: str,
    values: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HTMLResponse:
    """Return the answer with a page of the kiosk, in the language that the person chose."""
    shared = {
        "reader": parts.reader,
        "idle": int(parts.idle.total_seconds()),
        "path": request.url.path,
        "unit": parts.rules.unit,
        "now": parts.clock(),
    }
    body = html(template, language_of(request), {**shared, **(values or {})})
    return HTMLResponse(body, status_code=status)
