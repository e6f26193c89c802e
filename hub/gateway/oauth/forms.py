"""The forms that come to the token endpoints, and the answers of RFC 6749 to wrong ones. Pure.

A form names each parameter once; an empty one counts as not given (RFC 6749, 3.2). What the hub
does not know is ignored.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import JSONResponse

from hub.gateway.clients.credentials import Credentials, Shown, shown_in
from hub.gateway.clients.refusal import CallerRefused
from hub.gateway.request_body import read_body
from hub.messages.invalid import InvalidMessage

LARGEST = 8 * 1024
MOST_FIELDS = 20
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""Of every answer: no proxy may keep a token."""
_MEDIA = "application/x-www-form-urlencoded"
_ERRORS = {401: "invalid_client", 429: "temporarily_unavailable"}
_NOTHING = Shown("")


class WrongForm(Exception):
    """The form cannot be used: a code of RFC 6749, 5.2, and why in plain ASCII."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(code)
        self.code = code
        self.why = why


async def form_of(request: Request) -> Mapping[str, str]:
    """Return the parameters of a form. Raises WrongForm."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _MEDIA:
        raise WrongForm("invalid_request", f"the body is a form: {_MEDIA}")
    try:
        text = (await read_body(request, LARGEST)).decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except (ValueError, InvalidMessage):
        why = f"no form, over {LARGEST} bytes, or over {MOST_FIELDS} parameters"
        raise WrongForm("invalid_request", why) from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise WrongForm("invalid_request", "a parameter is there twice")
    return {name: value for name, value in form.items() if value}


def credentials_of(request: Request, form: Mapping[str, str]) -> Credentials:
    """Return what the caller shows: a Basic login, id and key in the form, or a certificate.

    Raises WrongForm for two of them at once. A bearer token is no proof: it buys no other token.
    """
    id, key = form.get("client_id", ""), form.get("client_secret", "")
    if request.headers.getlist("authorization"):
        shown = shown_in(request)
        if key or (shown and shown.user and id not in ("", shown.user)):
            raise WrongForm("invalid_request", "client credentials are there twice")
        return Credentials(shown if shown and shown.user is not None else _NOTHING)
    if not key:
        return Credentials(None, client=id)
    if not id:
        raise WrongForm("invalid_request", "client_secret without client_id")
    return Credentials(Shown(key, id))


def answer_to(error: WrongForm | CallerRefused) -> JSONResponse:
    """Return the answer of RFC 6749, 5.2; a refused caller also gets the hub's code and words."""
    if isinstance(error, WrongForm):
        answer = {"error": error.code, "error_description": error.why}
        return JSONResponse(answer, 400, headers=NOT_KEPT)
    answer = {
        "error": _ERRORS.get(error.status, "unauthorized_client"),
        "error_description": error.text.en,
        "code": error.code,
        "message": error.text.vi,
    }
    # What is none of 401 and 429 is 400 by the standard.
    status = error.status if error.status in _ERRORS else 400
    return JSONResponse(answer, status, headers=error.headers | NOT_KEPT)
