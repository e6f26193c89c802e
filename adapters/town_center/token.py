"""What the town's token endpoint says: a bearer token, and for how long it is used.

Read with tolerance (a number as text, null, nothing), because a token that is renewed too early
costs one call and one that is not read stops everything. Without a readable `expires_in` the
profile's `session.lifetime` holds.
"""

from datetime import timedelta

from adapters.town_center import contract
from adapters.wire.login.shared_login import Granted
from adapters.wire.reading import Reply
from adapters.wire.reading.documents.json import read_json
from adapters.wire.reading.documents.record import RecordReader
from adapters.wire.reading.documents.shape import shape_of
from hub.rules.failures.errors import AmbiguousFailure, TransientFailure

LONGEST = timedelta(days=366)
MARGIN = timedelta(seconds=30)


_BEARER = frozenset({"bearer", "jwt", "bearertoken"})
"""Kinds of token that are sent as Bearer. `JWT` names what is in the token."""
_token = shape_of(contract.Token)


def granted(reply: Reply, *, cautious: timedelta) -> Granted:
    """Return the token in a reply; raises TransientFailure `partner_login`.

    `cautious` is its lifetime where the reply does not say one; zero: until it is refused.
    """
    try:
        found = RecordReader(reply.findings).object(read_json(reply), _token, "")
    except AmbiguousFailure as failure:
        raise TransientFailure("partner_login", failure.detail) from None
    token = _without_scheme(found["access_token"])
    kind = found["token_type"].casefold() or "bearer"
    if kind not in _BEARER:
        raise _unusable("token_type", "not Bearer", "a token that is sent as Bearer")
    if not token:
        raise _unusable("access_token", "missing", "the token under that name")
    if not _fits_header(token):
        raise _unusable("access_token", "no text for a header", "a token without blanks")
    lifetime = _seconds(found["expires_in"]) or cautious
    if not lifetime:
        return Granted(token)
    # Renewed a little early: a token must not run out on the way.
    return Granted(token, lifetime - min(MARGIN, lifetime / 10))


def _without_scheme(token: str) -> str:
    """Return a token without the word that goes ahead of it in a header."""
    scheme, _, rest = token.partition(" ")
    return rest.strip() if scheme.casefold() == "bearer" else token


def _unusable(field: str, read: str, wanted: str) -> TransientFailure:
    return TransientFailure("partner_login", f"token, {field}: {read}; ask the town for {wanted}")


def _seconds(value: object) -> timedelta | None:
    """Return a lifetime that is a number, or a text of one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    if not 0 < seconds <= LONGEST.total_seconds():
        return None
    return timedelta(seconds=seconds)


def _fits_header(token: str) -> bool:
    return bool(token) and token.isascii() and token.isprintable() and " " not in token
