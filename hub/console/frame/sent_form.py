"""What came of a form is told on the page that it leads to, whichever that is.

The address names the form (`?done=ID`), so to load the page again tells it again and does nothing.
"""

import re
import secrets

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from hub.store.engine.store import Store
from hub.store.users import sent_forms
from hub.store.users.sent_forms import SentForm

DONE = "done"
_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


def new_form_id() -> str:
    """Return the id of one form on one page: what it asks for is done once."""
    return secrets.token_urlsafe(16)


def is_form_id(text: str) -> bool:
    """Tell whether a text can be such an id."""
    return bool(_ID.fullmatch(text))


def leading_to(path: str, id: str) -> str:
    """Return the address of a page that tells what came of a form."""
    return f"{path}{'&' if '?' in path else '?'}{DONE}={id}"


class SentForms:
    """A dependency of every route: finds the form that the address names."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, request: Request) -> None:
        """Put the form into the request's state."""
        id = request.query_params.get(DONE, "")
        if request.method == "GET" and is_form_id(id):
            request.state.sent_form = await run_in_threadpool(self._sent, id)

    def _sent(self, id: str) -> SentForm | None:
        with self._store.read() as tx:
            return sent_forms.sent(tx, id)


def sent_form_of(request: Request) -> SentForm | None:
    """Return the form that led to a page, None for none."""
    found = getattr(request.state, "sent_form", None)
    return found if isinstance(found, SentForm) else None
