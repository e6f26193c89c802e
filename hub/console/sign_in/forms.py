"""Forms of the console: where they may come from, and the token that each carries.

A form comes from a page of this console (`Sec-Fetch-Site`, else `Origin`), else it is refused. Its
token is that of the session, so that it works in every tab and until the session ends. A form whose
session has ended meanwhile is not lost: what was typed goes along through the sign-in, in the page
itself and nowhere else, and the person sends it again.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request
from starlette.exceptions import HTTPException

from hub.console.frame.language import own_path
from hub.console.frame.visitor import SignInNeeded

TOKEN = "form_token"  # noqa: S105 - the name of a field
LARGEST = 512 * 1024
MOST_FIELDS = 1_000
_MEDIA = "application/x-www-form-urlencoded"


class ForeignForm(Exception):
    """The form does not come from a page of this console."""


class OldForm(Exception):
    """The form is of another session than the one that it came with."""

    def __init__(self, kept: "KeptForm") -> None:
        super().__init__()
        self.kept = kept


@dataclass(frozen=True, slots=True)
class KeptForm:
    """What was typed before the session ended: where it goes to, and its fields."""

    path: str
    fields: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The form as the sign-in's pages carry it."""
        return json.dumps([self.path, self.fields], ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> "KeptForm | None":
        """Return the form of a text, None for none and for one that leads elsewhere."""
        try:
            path, fields = json.loads(text)
            found = cls(str(path), tuple((str(name), str(value)) for name, value in fields))
        except (ValueError, TypeError):
            return None
        return found if own_path(found.path) == found.path != "/" else None


async def read_form(request: Request) -> Mapping[str, str]:
    """Return the fields of a posted form. Raises ForeignForm, and HTTPException for no form."""
    if not _is_own(request):
        raise ForeignForm
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _MEDIA:
        raise HTTPException(422)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(422)
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise HTTPException(422) from None
    return dict(pairs)


def fields(request: Request) -> Mapping[str, str]:
    """Return the fields of a form of this session: a route that acts depends on it.

    Raises SignInNeeded and OldForm; both lead to a page that keeps what was typed.
    """
    found: Mapping[str, str] = request.state.form
    expected = getattr(request.state, TOKEN, "")
    if not expected:
        raise SignInNeeded
    if not hmac.compare_digest(found.get(TOKEN, "").encode(), expected.encode()):
        raise OldForm(kept_of(request))
    return {name: value for name, value in found.items() if name != TOKEN}


def kept_of(request: Request) -> KeptForm:
    """Return what a request would have posted, without its token."""
    found: Mapping[str, str] = request.state.form
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return KeptForm(path, tuple(it for it in found.items() if it[0] != TOKEN))


def _is_own(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == request.headers.get("host", "")
