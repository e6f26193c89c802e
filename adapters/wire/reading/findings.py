"""What was found while one reply was read: drift for the observer, and refusals with their place.

Promises that neither holds a value of the reply: only names of fields, kinds of things and words of
the hub. A name that could be somebody's number or name is left out, because some programs use
values as keys.
"""

import re
from collections.abc import Sequence

from hub.ports import Drift, DriftKind, DriftObserver, ignore_drift
from hub.rules.failures.errors import AmbiguousFailure

MOST = 40
"""Kinds of drift that are kept of one reply; a reply with more is another program's."""
LONGEST_PLACE = 200
ADVICE = "ask the partner to send it once, in the form of the contract"
"""What to do about most refusals."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:\-]{0,79}")
_NUMBER = re.compile(r"[0-9]{6,}")


class Findings:
    """Collects for one reply, in the thread of its call; `report` hands the drift on."""

    __slots__ = ("_drift", "_observe", "operation", "partner")

    def __init__(
        self, partner: str = "", operation: str = "", *, observe: DriftObserver = ignore_drift
    ) -> None:
        self.partner = partner
        self.operation = operation
        self._observe = observe
        self._drift: dict[tuple[DriftKind, str], None] | None = None

    def add(self, kind: DriftKind, place: str) -> None:
        """Keep that something was ignored or bent; the same once. `place` comes from `at`."""
        if self._drift is None:
            self._drift = {}
        if len(self._drift) < MOST:
            self._drift[kind, place[:LONGEST_PLACE]] = None

    def refuse(self, place: str, read: str, *, fix: str = ADVICE) -> AmbiguousFailure:
        """Return the failure of a reply that cannot be read: where, what stands there, what to do.

        `read` is the kind of what was read, never its value.
        """
        where = ", ".join(part for part in (self.operation, place[:LONGEST_PLACE]) if part)
        detail = f"{where}: {read}" if where else read
        return AmbiguousFailure("reply_unreadable", f"{detail}; {fix}" if fix else detail)

    @property
    def drift(self) -> Sequence[Drift]:
        """What was kept so far."""
        return tuple(
            Drift(partner=self.partner, operation=self.operation, kind=kind, place=place)
            for kind, place in self._drift or ()
        )

    def report(self) -> None:
        """Hand the drift to the observer, once."""
        if self._drift:
            drift, self._drift = self.drift, None
            self._observe(drift)


def at(place: str, name: str) -> str:
    """Return the place of the field `name` in `place`; `name` may come from a partner."""
    return f"{place}/{named(name)}" if place else named(name)


def named(name: str) -> str:
    """Return a partner's name of something as it may be kept, "#" where it may be a value."""
    return _NUMBER.sub("#", name) if _NAME.fullmatch(name) else "#"
