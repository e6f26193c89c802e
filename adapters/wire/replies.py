"""What the status of an HTTP reply says about the effect, and the frame in which a reply is read.

One table for every partner that speaks HTTP. 503 without `Retry-After` is not read as "busy":
some proxies answer so when the line behind them broke after the request had been passed on.
Details name statuses and places, never contents.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from adapters.wire.reading import Reply
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)

LONGEST_WAIT = timedelta(days=366)
"""A partner may ask for more; no profile allows it. See `adapters/wire/retry_wishes.py`."""

NO_LOOK_UP = "it cannot be compared: the partner has no look-up (unsupported.operations)"

STATUSES: dict[int, tuple[type[DeliveryFailure], str]] = {
    401: (TransientFailure, "partner_login"),
    403: (NotAttempted, "partner_forbidden"),
    # A gateway answers so while the application behind it is being started.
    404: (TransientFailure, "partner_unreachable"),
    425: (TransientFailure, "partner_busy"),
    429: (TransientFailure, "partner_busy"),
}
# A gateway or a proxy gave up; what it had passed on may have been done.
STATUSES |= dict.fromkeys((408, 460, 499), (AmbiguousFailure, "reply_timeout"))
# What was sent is wrong, by the word of any machine of the partner.
STATUSES |= dict.fromkeys((400, 409, 410, 413, 422), (PermanentFailure, "partner_refused"))
_CLASSES: dict[int, tuple[type[DeliveryFailure], str]] = {
    # A redirect may come after the effect; it is never followed.
    3: (AmbiguousFailure, "reply_unreadable"),
    # Of the way there (a proxy's login, a method that a gateway bars), not of the dossier.
    4: (NotAttempted, "partner_forbidden"),
    5: (AmbiguousFailure, "reply_server_error"),
}


def expect_success(reply: Reply) -> None:
    """Return when the status is 2xx; otherwise raise what the status says about the effect."""
    status = reply.status
    if 200 <= status < 300:
        return
    wait = retry_after(reply) if status in {429, 503} else None
    if status == 503 and wait is not None:
        raise TransientFailure("partner_busy", "HTTP 503", retry_after=wait)
    unknown = (AmbiguousFailure, "reply_unreadable")
    kind, code = STATUSES.get(status) or _CLASSES.get(status // 100, unknown)
    raise kind(code, f"HTTP {status}", retry_after=wait)


def retry_after(reply: Reply) -> timedelta | None:
    """Return the wait asked for in `Retry-After` (seconds or a date), at most LONGEST_WAIT."""
    text = reply.header("retry-after").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    when, now = _date(text), _date(reply.header("date")) or datetime.now(UTC)
    if when is None:
        return None
    return min(max(when - now, timedelta()), LONGEST_WAIT)


def _date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):  # the last: a year of twenty digits
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def digest(reply: Reply) -> str:
    """Return the sha256 of the body as received."""
    return sha256(reply.body)


def sha256(*parts: bytes) -> str:
    """Return the sha256 of the parts together, hexadecimal."""
    return hashlib.sha256(b"".join(parts)).hexdigest()


@contextmanager
def without_effect() -> Iterator[None]:
    """Around calls that change nothing at the partner: an unknown effect is then no effect."""
    try:
        yield
    except AmbiguousFailure as failure:
        raise failure.as_kind(TransientFailure) from failure


@contextmanager
def querying() -> Iterator[None]:
    """Around a look-up: what is refused in it is the query, not what was sent before."""
    try:
        yield
    except DeliveryFailure as failure:
        raise failure.of_query() from failure


@contextmanager
def checking() -> Iterator[None]:
    """Around a look-up after a code of success: whatever goes wrong there, the effect is unknown.

    It may be there, so the call must not be made again before the partner was asked.
    """
    try:
        yield
    except AmbiguousFailure:
        raise
    except DeliveryFailure as failure:
        raise failure.as_kind(AmbiguousFailure) from failure


@contextmanager
def evidenced(reply: Reply) -> Iterator[None]:
    """Around the reading of a reply: its drift is reported at the end, and a failure that comes of
    it carries the reply's sha256."""
    try:
        yield
    except DeliveryFailure as failure:
        failure.response_hash = digest(reply)
        raise
    finally:
        reply.findings.report()
