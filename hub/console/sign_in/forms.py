"""Forms of the console: where they may come from, and the token that each carries.

A form comes from a page of this console (`Sec-Fetch-Site`, else `Origin`), else it is refused. Its
token is that of the session, so that it works in every tab and until the session ends. A form whose
session has ended meanwhile is not lost: what was typed goes along through the sign-in, in the page
itself and nowhere else, and the person sends it again. It is shown to nobody else who signs in at
that browser. Passwords and codes are never kept, and nothing of the forms of the own account is.
"""

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from hub.console.frame.visitor import SignInNeeded
from hub.console.sign_in import uploads
from hub.rules.users.keys import owner_of_form
from hub.web.forms import is_own
from hub.web.language import own_path

TOKEN = "form_token"  # noqa: S105 - the name of a field
LARGEST = 512 * 1024
LARGEST_TYPED = 16 * 1024
"""In characters: what a stranger may send to the sign-in besides a form that waits."""
MOST_FIELDS = 1_000
_SECRETS = frozenset({"old", "new", "again", "password", "code"})
_KEY = secrets.token_bytes(32)
"""Of this process. After its end what was typed before is not taken any more."""
_MEDIA = "application/x-www-form-urlencoded"


class ForeignForm(Exception):
    """The form does not come from a page of this console."""


class OldForm(Exception):
    """The form is of another session than the one that it came with; `kept`: None for nothing."""

    def __init__(self, kept: "KeptForm | None") -> None:
        super().__init__()
        self.kept = kept


@dataclass(frozen=True, slots=True)
class KeptForm:
    """What was typed before the session ended: where it goes to, its fields, and whose it is."""

    path: str
    fields: tuple[tuple[str, str], ...]
    user: str

    @property
    def text(self) -> str:
        """The form as the sign-in's pages carry it, with a mark that only this process makes."""
        made = json.dumps([self.user, self.path, self.fields], ensure_ascii=False)
        return _mark_of(made) + made

    @classmethod
    def read(cls, text: str) -> "KeptForm | None":
        """Return the form of a text, None for one that this process did not write."""
        made = text[_MARK_LENGTH:]
        if not hmac.compare_digest(text[:_MARK_LENGTH].encode(), _mark_of(made).encode()):
            return None
        user, path, fields = json.loads(made)
        found = cls(str(path), tuple((str(name), str(value)) for name, value in fields), str(user))
        return found if own_path(found.path) == found.path != "/" else None

    @classmethod
    def read_of(cls, text: str, user: str) -> "KeptForm | None":
        """Return the form of a text if it is of that person."""
        found = cls.read(text)
        return found if found is not None and found.user == user else None


async def read_form(request: Request) -> Mapping[str, str]:
    """Return the fields of a posted form. Raises ForeignForm, and HTTPException for no form.

    Without U+0000, which no text of PostgreSQL can hold.
    """
    if not is_own(request):
        raise ForeignForm
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if uploads.accepts_file(request, media):
        return await uploads.read_upload(request)
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
    form = {name: value.replace("\0", "") for name, value in pairs}
    if request.url.path.startswith("/sign-in"):
        typed = sum(len(value) for name, value in form.items() if name != "kept")
        if typed > LARGEST_TYPED:
            raise HTTPException(422)
    return form


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


Form = Annotated[Mapping[str, str], Depends(fields)]
"""What a route declares of the fields that are sent to it; one that acts has `forms.acting`."""


def kept_of(request: Request) -> KeptForm | None:
    """Return what a request would have posted, without token and secrets; None for nothing.

    Whose it is says the form's token. Of the own account, and of nobody's form, nothing is kept.
    """
    found: Mapping[str, str] = request.state.form
    user = owner_of_form(found.get(TOKEN, ""))
    if not user or request.url.path.startswith("/account/"):
        return None
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    left = (it for it in found.items() if it[0] != TOKEN and it[0] not in _SECRETS)
    return KeptForm(path, tuple(left), user)


def _mark_of(text: str) -> str:
    return hmac.digest(_KEY, text.encode(errors="surrogatepass"), "sha256").hex()


_MARK_LENGTH = len(_mark_of(""))
