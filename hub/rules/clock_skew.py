"""How far another clock is from ours, by what its owner said within one exchange. Pure.

What is returned is the least difference that explains what was seen: a slow answer never makes two
equal clocks look different.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

A_SECOND = timedelta(seconds=1)
NONE = timedelta()


def ahead(
    shown: datetime, *, sent: datetime, received: datetime, exact_to: timedelta = NONE
) -> timedelta:
    """Return by how much the other clock is ahead of ours; negative when it is behind.

    It said `shown`, cut off to `exact_to`, at some moment between `sent` and `received`.
    """
    if shown > received:
        return shown - received
    latest = shown + exact_to
    return latest - sent if latest < sent else NONE


def ahead_by_http(
    date: str, *, sent: datetime, received: datetime, age: str = ""
) -> timedelta | None:
    """Return the same by the header Date of a reply, which is cut off to seconds.

    None without a readable Date, and with an Age: then a cache wrote it, at another time.
    """
    try:
        shown = parsedate_to_datetime(date)
    except (TypeError, ValueError, OverflowError):  # the last: a year of twenty digits
        return None
    if shown.tzinfo is None:
        shown = shown.replace(tzinfo=UTC)
    if age.strip() not in {"", "0"}:
        return None
    return ahead(shown, sent=sent, received=received, exact_to=A_SECOND)
