"""Access tokens: what a client gets for its key, for minutes, so that the key travels seldom.

A token is as random as a key and kept in the same way; it says nothing by itself. It may be for
fewer operations than its client has (its scope), never for more.
"""

import re
from dataclasses import replace
from datetime import timedelta

from hub.rules.clients.api_keys import random_letters
from hub.rules.clients.client import Client
from hub.rules.clients.rights import RIGHTS

LIFETIME = timedelta(minutes=5)
MARK = "hubt"
_SECRET_LENGTH = 52
_TOKEN = re.compile(rf"{MARK}_[a-z2-7]{{{_SECRET_LENGTH}}}")


def fresh() -> str:
    """Return a new random token."""
    return f"{MARK}_{random_letters(_SECRET_LENGTH)}"


def is_token(text: str) -> bool:
    """Return whether a text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def scope_of(client: Client, wanted: str) -> str | None:
    """Return a scope that was asked for, sorted; None where the client may not have all of it.

    "" asks for all that the client may, whatever that is when the token is used.
    """
    names = wanted.split()
    allowed = all(name in RIGHTS and client.allows_operation(name) for name in names)
    return " ".join(sorted(set(names))) if allowed else None


def narrowed(client: Client, scope: str) -> Client:
    """Return the client as a token of that scope may call: what it still may of the scope."""
    if not scope:
        return client
    kept = frozenset(name for name in scope.split() if client.allows_operation(name))
    return replace(client, operations=kept)
