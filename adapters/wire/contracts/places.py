"""The places of one operation while they are filled, within the bounds of what is compared."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from adapters.wire.contracts.refused import UnreadableContract, short
from hub.rules.contracts import ContractOperation

LARGEST = 20_000
"""Parts of a contract. One with more is not compared: it would be another program's."""
STEPS = 100_000
"""Declarations that are opened for one operation, some of them often."""


@dataclass(kw_only=True)
class Places:
    """Fills one operation's places; raises Unreadable where there are too many."""

    made: ContractOperation = field(default_factory=ContractOperation)
    steps: int = 0

    def put(self, place: str, what: Iterable[str]) -> None:
        """Say what stands at a place."""
        self.made.parts[place] = short(", ".join(it for it in what if it))
        _check(len(self.made.parts) <= LARGEST)

    def step(self) -> None:
        """Count the work: declarations inside one another may repeat the same without end."""
        self.steps += 1
        _check(self.steps <= STEPS)


def _check(within: bool) -> None:
    if not within:
        raise UnreadableContract(f"more than {LARGEST} parts in an operation that the hub calls")
