"""The two calls of a dead man's switch: the hub's sign of life, and a look at the hub from outside.

Each is one bounded GET without a redirect. An address may hold a token, so it is in no error.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from adapters.wire.http import Limits, Reply, Wire
from adapters.wire.replies import expect_success
from hub.ports.alerts import ChannelFailed
from hub.rules.failures.errors import AmbiguousFailure, DeliveryFailure
from hub.texts import Text, both

LIMITS = Limits(
    connect_timeout=timedelta(seconds=5),
    reply_timeout=timedelta(seconds=10),
    reply_bytes=256 * 1024,
    connections=1,
)
MOST_NAMED = 5
"""Roles that are named; the hub's page says the rest."""


def is_address(url: str) -> bool:
    """Tell whether a text is an address that can be called."""
    try:
        parts = urlsplit(url)
        found = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return found and url.isascii() and url.isprintable() and " " not in url


def call_heartbeat(url: str) -> None:
    """Say that the hub makes progress. Raises ChannelFailed."""
    try:
        expect_success(_get(url))
    except DeliveryFailure as failure:
        unknown = isinstance(failure, AmbiguousFailure)
        raise ChannelFailed(failure.code, is_unknown=unknown) from None


def query_ready(url: str) -> Text | None:
    """Return why the hub behind a `/readyz` does not work; None where it does."""
    try:
        reply = _get(url)
    except DeliveryFailure as failure:
        return both("alerts.no_answer", code=failure.code)
    try:
        document = json.loads(reply.body)
        ready, names = document["ready"] is True, _not_ready(document)
    except (ValueError, KeyError, TypeError):
        return both("alerts.no_readyz", status=reply.status)
    if ready and reply.status == 200:
        return None
    return both("alerts.not_ready", roles=", ".join(names) or "-")


def _not_ready(document: Mapping[str, Any]) -> list[str]:
    """Return the names of the roles that do not work, as far as they are names."""
    names = [str(it["role"]) for it in document["roles"] if it["ready"] is not True]
    names += ["store"] if document.get("store") else []
    return [name for name in names if name.replace(".", "").replace("_", "").isalnum()][:MOST_NAMED]


def _get(url: str) -> Reply:
    parts = urlsplit(url)
    wire = Wire(f"{parts.scheme}://{parts.netloc}", limits=LIMITS)
    return wire.call("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
