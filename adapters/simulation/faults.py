"""Faults of a simulated partner, as data: switched on and off while it runs, counted when injected.

Every call meets at most one fault: the first in the list that concerns its operation and whose
draw succeeds. The draws come from one seeded generator, so a run can be repeated.
"""

import random
import threading
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct


class FaultKind(StrEnum):
    """What goes wrong, and whether the partner has done its work by then."""

    # the work is not done
    DOWN = "down"
    """Nobody listens on the port, open connections are cut; for `seconds`, or until taken off."""
    BUSY = "busy"
    """503 with `Retry-After: seconds`."""
    REFUSES = "refuses"
    """A refusal in the partner's own words: the content is not acceptable."""
    SOAP_FAULT = "soap_fault"
    """A fault of the partner's server in its own form (SOAP Fault, JSON error)."""
    UNKNOWN_CODE = "unknown_code"
    """A reply of the partner with a code that stands in no list."""
    LOST = "lost"
    """A proxy answers `status`; the call never comes to the partner."""
    # the work is done
    PROXY_GIVES_UP = "proxy_gives_up"
    """A proxy answers `status` at once, the work is done `seconds` later."""
    LINE_GIVES_UP = "line_gives_up"
    """The line is cut at once, the work is done `seconds` later."""
    SLOW = "slow"
    """The work begins only after `seconds`."""
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - a word
    """Every session ends just before this call."""
    DROP_AFTER_ACCEPT = "drop_after_accept"
    """The work is done, then the line is cut without a reply."""
    LATE = "late"
    """The work is done, the reply comes `seconds` later."""
    TWICE = "twice"
    """The reply is sent twice on the same connection."""
    SERVER_ERROR = "server_error"
    """The work is done, a proxy answers `status`."""
    HTML = "html"
    """The work is done, a proxy answers 200 with a page for people."""
    TRUNCATED = "truncated"
    """The work is done, half of the reply comes, well framed."""
    WRONG_ENCODING = "wrong_encoding"
    """The work is done, the reply is in another encoding than it says."""
    OTHER_DOSSIER = "other_dossier"
    """The work is done, the reply names another dossier."""
    HUGE = "huge"
    """The work is done, the reply never seems to end."""
    REDIRECT = "redirect"
    """The work is done, the reply points to the same address."""
    DEEP = "deep"
    """The work is done, the reply is nested 100,000 deep."""
    ENTITIES = "entities"
    """The work is done, the reply is an entity bomb."""
    # the work is done, and all is well but the clock
    CLOCK_AHEAD = "clock_ahead"
    """The reply's Date is `seconds` in the future."""
    # the contract that the partner serves
    CONTRACT_CHANGED = "contract_changed"
    """The WSDL or OpenAPI document is its next version."""
    # calls that the partner makes to us
    CALLBACKS_DOUBLED = "callbacks_doubled"
    CALLBACKS_REORDERED = "callbacks_reordered"


CALLBACKS = "callbacks"
"""The operation under which faults of the partner's own calls are drawn."""


class Fault(Struct, frozen=True, kw_only=True):
    """One switched-on fault."""

    kind: FaultKind
    operations: tuple[str, ...] = ()
    """The partner's names of the operations that it concerns; empty means all."""
    remaining: Annotated[int, Meta(ge=0)] | None = None
    """How many calls still meet it; None means no end."""
    probability: Annotated[float, Meta(gt=0, le=1)] = 1.0
    seconds: Annotated[float, Meta(ge=0, le=3600)] = 0.0
    status: Annotated[int, Meta(ge=400, le=599)] = 502


class Faults:
    """The switched-on faults of one simulator; safe in several threads."""

    def __init__(self, seed: int = 0) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._lock = threading.Lock()
        self._active: list[Fault] = []

    def active(self) -> list[Fault]:
        """Return what is switched on, in the order in which it is tried."""
        with self._lock:
            return list(self._active)

    def replace(self, faults: Iterable[Fault]) -> None:
        """Switch on exactly these."""
        with self._lock:
            self._active = list(faults)

    def draw(
        self,
        operation: str,
        among: frozenset[FaultKind] = frozenset(FaultKind),
        *,
        named: bool = False,
    ) -> Fault | None:
        """Return the fault that this call meets, using up one of its `remaining`.

        `named`: only a fault that names the operation, or that can concern no other.
        """
        if not self._active:
            return None
        with self._lock:
            for place, fault in enumerate(self._active):
                if fault.kind is FaultKind.DOWN or fault.kind not in among:
                    continue
                if fault.operations and operation not in fault.operations:
                    continue
                if named and not fault.operations and fault.kind is not FaultKind.CONTRACT_CHANGED:
                    continue
                if fault.probability < 1 and self._draw.random() >= fault.probability:
                    continue
                self._use(place, fault)
                return fault
        return None

    def _use(self, place: int, fault: Fault) -> None:
        if fault.remaining is None:
            return
        if fault.remaining <= 1:
            del self._active[place]
        else:
            values = {name: getattr(fault, name) for name in fault.__struct_fields__}
            self._active[place] = Fault(**{**values, "remaining": fault.remaining - 1})
