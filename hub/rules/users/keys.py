"""Random marks of persons: keys of the command line, tokens of sessions, marks of browsers. Pure.

Each has 260 random bits, so its sha256 can be kept without salt or slow hash.
"""

import hmac
from datetime import timedelta

from hub.rules.clients.api_keys import digest as digest
from hub.rules.clients.api_keys import random_letters

KEY_LASTS = timedelta(days=365)
_LENGTH = 52


def fresh_key() -> str:
    """Return a new key of a person for the command line."""
    return f"hubu_{random_letters(_LENGTH)}"


def fresh_token() -> str:
    """Return a new random token of a session, or mark of a browser."""
    return random_letters(_LENGTH)


def form_token(session_token: str, name: str) -> str:
    """Return what every form of a session carries: the same in all of its tabs.

    It says whose the form is, see `owner_of_form`, and cannot be computed from what the database
    keeps of the session.
    """
    made = hmac.digest(session_token.encode(), f"hub form {name}".encode(), "sha256")
    return f"{name}:{made.hex()}"


def owner_of_form(form_token: str) -> str:
    """Return the account that a form says it is of; nothing proves that by itself."""
    name, mark, _ = form_token.partition(":")
    return name if mark else ""
