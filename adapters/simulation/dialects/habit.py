"""What one habit of a partner's software is: a frozen record of pure changes, each at its stage.

The stages follow the way of a reply: the session's end is said, a value leaves the database, the
stack writes a document, the server sends it, the line frames it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml.etree import _Element as Element

from adapters.simulation.partner import Answer, Call, LookUp

__all__ = ["ChangeAnswer", "Element", "GatewayErrors", "Habit"]

ChangeAnswer = Callable[[Answer, Call], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayErrors:
    """A gateway in front answers by itself: with nothing done, with it done, or before it is."""

    statuses: tuple[int, ...] = (502, 503, 504)
    late: float = 2.0
    """Seconds after such an answer, at most, when the call that was passed on takes effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """One habit. Every change is pure; a stage that it leaves alone is None."""

    name: str
    about: str
    """What it does, and where it is met; one line."""
    share: float = 1.0
    """Of the replies in the dialect, how many show the habit."""
    operations: tuple[str, ...] = ()
    """The partner's names of the operations that it concerns; empty means all."""
    session: ChangeAnswer | None = None
    """Of answers that say that the session is over."""
    value: Callable[[str, str], str] | None = None
    """Of the texts in a document: (local name, text) -> text."""
    xml: Callable[[Element], Element] | None = None
    """Of the envelope; may change what it was given, which belongs to this reply alone."""
    json: Callable[[Any], Any] | None = None
    """Of the decoded body."""
    body: ChangeAnswer | None = None
    """Of bytes, status and header fields."""
    frame: Callable[[Answer], bytes] | None = None
    """The whole reply as bytes; the line is closed behind them."""
    look_up: LookUp | None = None
    """What of the partner's memory a look-up sees."""
    gateway: GatewayErrors | None = None
    ends_sessions: bool = False
    """Every session ends just before the call; with `share`."""
