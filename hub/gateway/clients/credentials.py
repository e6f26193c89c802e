"""What a request shows to prove its caller: read out of the Authorization header, nothing checked.

A header that is there twice, or that cannot be read, shows nothing: two proxies that read it
differently must not be played off against each other.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from hub.store.clients.secrets import Holder

LONGEST = 1000
LiveSecret = str | Callable[[], str]
"""A secret of the settings, or what gives it as its file has it now."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A secret as the caller showed it."""

    secret: str = field(repr=False)
    user: str | None = None
    """The user beside it, where it came as a password."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows to prove its caller."""

    shown: Shown | None
    """A secret; None: the certificate of the line counts."""
    client: str = ""
    """The client that it names beside a certificate."""
    unreadable: bool = False
    """Whether there is something that proves nothing; a certificate does not count then."""

    def is_of(self, holder: Holder) -> bool:
        """Return whether it names no other client."""
        return self.client in ("", holder.client.id)


def present(secret: LiveSecret) -> str:
    """Return a secret as it is now."""
    return secret if isinstance(secret, str) else secret()


def credentials_in(request: Request) -> Credentials:
    """Return what a request shows in its header; without the header its certificate counts."""
    shown = shown_in(request)
    return Credentials(shown, unreadable=shown is None and "authorization" in request.headers)


def shown_in(request: Request) -> Shown | None:
    """Return what the request shows, None where it shows nothing that can be read."""
    headers = request.headers.getlist("authorization")
    if len(headers) != 1 or len(headers[0]) > LONGEST:
        return None
    scheme, _, rest = headers[0].partition(" ")
    if scheme.lower() == "bearer":
        return Shown(rest.strip())
    if scheme.lower() == "basic":
        return _basic(rest.strip())
    return None


def _basic(encoded: str) -> Shown | None:
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return Shown(password, user) if colon else None
