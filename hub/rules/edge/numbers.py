"""Reception numbers that an agent holds for hours without a line. Pure.

A block belongs to one agent, one agency and one day. Its numbers begin high, where no counter
software counts in a day, so that a number given without the hub never is a second one. What a day
did not use is given back: nobody else gets it, for a slip with it may be in somebody's hands.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Final

from msgspec import Meta

FIRST: Final = 900_001
"""Running number of the first block of a day."""
BLOCK: Final = 50
"""Numbers of a block."""
LOW: Final = 10
"""With fewer numbers of a day left, an agent asks for a further block."""
DAYS_AHEAD: Final = 3
"""Days, beginning with today, for which an agent holds numbers."""


_Running = Annotated[int, Meta(ge=1, le=9_999_999)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Reserved numbers of an agency and a day."""

    agency: Annotated[str, Meta(max_length=30)]
    day: date
    first: _Running
    last: _Running
    next: Annotated[int, Meta(ge=1, le=10_000_000)]
    """The first that is not used; `last + 1` when all are."""

    @property
    def left(self) -> int:
        """How many are not used."""
        return self.last - self.next + 1


def drawn(block: Block) -> Block:
    """Return the block after its next number was given out; the number was `block.next`."""
    if block.left < 1:
        raise ValueError("no number is left")
    return replace(block, next=block.next + 1)


def wanted_days(blocks: list[Block], *, today: date) -> list[date]:
    """Return the days for which an agent that holds these blocks wants a further one."""
    days = [today + timedelta(days=it) for it in range(DAYS_AHEAD)]
    return [day for day in days if sum(it.left for it in blocks if it.day == day) < LOW]


def number_of(agency: str, day: date, running: int) -> str:
    """Return the dossier number, as `hub/records/dossiers/numbering.py` writes it."""
    return f"{agency}-{day:%y%m%d}-{running:04d}"
