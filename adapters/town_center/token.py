"""What the town's token endpoint says: a bearer token, and for how long it is used.

Read with tolerance (a number as text, null, nothing), because a token that is renewed too early
costs one call and one that is not read stops everything. Without a readable `expires_in` the
profile's `session.lifetime` holds.
"""

from datetime import timedelta
from typing import Any

import msgspec

from adapters.wire.login import Granted
from adapters.wire.reading import Reply
from hub.rules.errors import TransientFailure

LONGEST = timedelta(days=366)
MARGIN = timedelta(seconds=30)


class _Token(msgspec.Struct):
    access_token: str
    expires_in: Any = None
    token_type: str | None = None


_token = msgspec.json.Decoder(_Token).decode


def granted(reply: Reply, *, cautious: timedelta) -> Granted:
    """Return the token in a reply; raises TransientFailure `partner_login`.

    `cautious` is its lifetime where the reply does not say one; zero: until it is refused.
    """
    try:
        found = _token(reply.body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise TransientFailure("partner_login", "unreadable token reply") from None
    if (found.token_type or "bearer").lower() != "bearer" or not _fits_header(found.access_token):
        raise TransientFailure("partner_login", "no bearer token in the reply")
    lifetime = _seconds(found.expires_in) or cautious
    if not lifetime:
        return Granted(found.access_token)
    # Renewed a little early: a token must not run out on the way.
    return Granted(found.access_token, lifetime - min(MARGIN, lifetime / 10))


def _seconds(value: object) -> timedelta | None:
    """Return a lifetime that is a number, or a text of one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except ValueError:
        return None
    if not 0 < seconds <= LONGEST.total_seconds():
        return None
    return timedelta(seconds=seconds)


def _fits_header(token: str) -> bool:
    return bool(token) and token.isascii() and token.isprintable() and " " not in token
