"""Reads what a page of the hall sends."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request

from hub.web.forms import is_own

LARGEST = 8 * 1024
MOST_FIELDS = 40
LONGEST = 64
"""Of one field, in characters."""


async def typed(request: Request, *, own: bool = True) -> Mapping[str, str]:
    """Return the fields of a form. Raises HTTPException for what is none, or is too large.

    `own`: it has to come from a page of this application.
    """
    if own and not is_own(request):
        raise HTTPException(403)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise HTTPException(422) from None


async def form(request: Request) -> Mapping[str, str]:
    """Return the fields of a form of a kiosk's own page; a route depends on it."""
    return await typed(request)


Form = Annotated[Mapping[str, str], Depends(form)]


def field(form: Mapping[str, str], name: str) -> str:
    """Return a field without spaces around; what is too long is cut."""
    return form.get(name, "").strip()[:LONGEST]
