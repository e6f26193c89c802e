"""One finding of the preflight, and how it is kept."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec


class Check(msgspec.Struct, frozen=True):
    """One finding."""

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
    way = "ahead of" if seconds > 0 else "behind"
    return Check(
        subject,
        away <= warn,
        f"it is {abs(seconds):.1f} s {way} ours" if away else "the same as ours, as far as seen",
        "Let both machines take their time from the same NTP server (docs/runbook/symptoms.md).",
        fatal=refuse is not None and away > refuse,
    )
