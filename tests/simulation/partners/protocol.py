"""What a story needs of a partner, whether it is a model or a simulator behind its real adapter."""

from typing import Any, NamedTuple, Protocol

from hub.ports import Destination


class Effect(NamedTuple):
    """Something that the partner has done."""

    at: float
    message_id: str
    number: str
    type: str
    visible_at: float
    """When its look-up shows it."""


class Partner(Protocol):
    """One partner with a ledger of its own; it outlives the hub's processes."""

    name: str
    unknown_code: str
    """A code of its replies that stands in no list."""

    def attach(self) -> Destination:
        """Return what a process of the hub delivers to; its memory dies with the process."""

    def has(self, message_id: str) -> bool:
        """Tell whether it has the effect of a message."""

    def is_at_work_on(self, message_id: str) -> bool:
        """Tell whether an effect of a message may still come."""

    def misleads(self, message_id: str) -> bool:
        """Tell whether asking it about a message would mislead just now.

        An effect may be under way, or its look-up does not show yet what it refused and has done;
        a simulator does not know the second.
        """

    @property
    def is_misleading(self) -> bool:
        """Whether it would mislead about any message."""

    reports_itself: bool
    """Whether its steps with a dossier come from its own courier."""

    def has_reports(self) -> bool:
        """Tell whether its courier has something to say to the hub now."""

    def report(self, process: Any) -> int:
        """Say it to a process of the hub."""

    def let_effects_come(self) -> int:
        """Do what is due by now of what it does by itself; return how much was done."""

    @property
    def next_effect(self) -> float:
        """When it does the next thing by itself, infinite when never."""

    def happen(self) -> None:
        """Let what nobody wants happen now and then: it goes away, is maintained, restarts."""

    def check_end(self) -> None:
        """Check its own ledger at the end of a story; raises Broken.

        Raises AssertionError where not the hub is wrong, but the partner itself.
        """

    def close(self) -> None:
        """Give back what it holds."""
