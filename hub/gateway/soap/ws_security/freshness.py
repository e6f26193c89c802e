"""How old a call may be: reads times of WS-Security and compares them with a given time. Pure."""

import re
from datetime import datetime, timedelta

from hub.gateway.soap.ws_security.refusal import refused

OLDEST = timedelta(minutes=5)
"""The age from which a call is refused; for so long a nonce is remembered, too."""
AHEAD = timedelta(minutes=1)
"""How far the caller's clock may be ahead of ours."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")


def time_of(text: str, *, where: str) -> datetime:
    """Return a time with its zone; raises RefusedCall for any other text."""
    try:
        found = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        why = "a time of its day with a zone, e.g. 2026-11-28T10:00:00Z"
        raise refused("security_header_invalid", where, why)
    return found


def check(created: datetime, expires: datetime | None, *, now: datetime, where: str) -> None:
    """Return when a call was made just now; raises RefusedCall `security_expired`."""
    if created > now + AHEAD:
        why = f"Created is more than {AHEAD.seconds} s after the hub's clock"
        raise refused("security_expired", where, why)
    if created <= now - OLDEST:
        raise refused("security_expired", where, f"Created is over {OLDEST.seconds} s ago")
    if expires is not None and expires <= created:
        raise refused("security_header_invalid", where, "Expires is not after Created")
    if expires is not None and expires <= now:
        raise refused("security_expired", where, "Expires has passed")
