"""One finding of the preflight, and how it is kept."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from hub.texts import text


class Check(msgspec.Struct, frozen=True):
    """What was looked at, whether it is good, and otherwise what to do about it."""

    subject: str
    ok: bool
    detail: str
    fix: str = ""
    fatal: bool = False
    """Whether the hub must not start unless this is good."""

    @property
    def refuses(self) -> bool:
        """Whether the hub must not start."""
        return self.fatal and not self.ok


def to_text(checks: Iterable[Check]) -> str:
    """Return findings as they are kept in the store."""
    return msgspec.json.encode(list(checks)).decode()


def from_text(text: str) -> list[Check]:
    """Return findings that were kept; none where another version wrote them."""
    try:
        return msgspec.json.decode(text or "[]", type=list[Check])
    except msgspec.MsgspecError:
        return []


def clock(
    subject: str, ahead: timedelta, *, warn: timedelta, refuse: timedelta | None = None
) -> Check:
    """Return the finding on a clock that is `ahead` of ours; `refuse` None never refuses."""
    away, seconds = abs(ahead), ahead.total_seconds()
    detail = text("checks.clock_same")
    if away:
        far = f"{abs(seconds):.1f}"
        detail = text("checks.clock_ahead" if seconds > 0 else "checks.clock_behind", seconds=far)
    return Check(
        subject,
        away <= warn,
        detail,
        text("checks.clock_fix"),
        fatal=refuse is not None and away > refuse,
    )
