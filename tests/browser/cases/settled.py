"""What each case took, for the table at the end of the tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from tests.browser.cases.person import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One case that was settled."""

    name: str
    clicks: int
    keys: int
    seconds: float
    """What the steps take a practised person, see `Person`."""
    wall: timedelta
    """What it took the browser, the waits for hub and partner included."""

    @classmethod
    def of(cls, name: str, persons: Sequence[Person], *, wall: timedelta) -> Self:
        """Return what the persons of a case did together."""
        return cls(
            name=name,
            clicks=sum(it.clicks for it in persons),
            keys=sum(it.keys for it in persons),
            seconds=sum(it.seconds for it in persons),
            wall=wall,
        )

    @property
    def row(self) -> str:
        """What docs/runbook/cases.md has of it, without its number and title."""
        return f"{self.clicks} | {self.keys} | {self.seconds:.0f} s"


_settled: list[Settled] = []


def keep(told: Settled) -> None:
    """Keep it for the table."""
    _settled.append(told)


def table() -> Sequence[str]:
    """Return the lines of the table, none where no case was settled."""
    if not _settled:
        return ()
    return (
        f"{'case':14} {'clicks':>6} {'keys':>5} {'person':>8} {'wall':>8}",
        *(
            f"{it.name:14} {it.clicks:6} {it.keys:5} {it.seconds:6.1f} s"
            f" {it.wall.total_seconds():6.1f} s"
            for it in _settled
        ),
    )
