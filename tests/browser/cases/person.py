"""A person at the console: every step by mouse, typing into fields only, and what that takes.

The seconds are those of the keystroke-level model (Card, Moran and Newell): they are computed from
the steps, so they are the same on every machine. Sign-in, reading and telephoning are not in them.
"""

from dataclasses import dataclass, field
from datetime import date

from playwright.sync_api import Locator, Page

POINT, CLICK, KEY, DECIDE = 1.1, 0.2, 0.28, 1.35
"""Seconds: move the mouse to a target, press its button, press a key, decide what comes next."""


@dataclass(slots=True)
class Person:
    """One person in front of one page; counts what the hands do."""

    page: Page
    clicks: int = 0
    keys: int = 0
    steps: list[str] = field(default_factory=list)

    def click(self, target: Locator) -> None:
        """Decide, point, click; the target is waited for, as a person waits for a page."""
        target.click()
        self._count(target)

    def type(self, target: Locator, text: str) -> None:
        """Click into a field and type."""
        self.click(target)
        self.page.keyboard.type(text)
        self.keys += len(text)

    def replace(self, target: Locator, text: str) -> None:
        """Mark all that a field has by three clicks, and type over that."""
        target.click(click_count=3)
        self._count(target)
        self.clicks += 2
        self.page.keyboard.type(text)
        self.keys += len(text)

    def set_date(self, target: Locator, day: date) -> None:
        """Click into a field of a date and type its eight digits."""
        target.click()
        self._count(target)
        target.fill(day.isoformat())
        self.keys += 8

    def choose(self, target: Locator, value: str) -> None:
        """Open a list and click one of its entries."""
        target.select_option(value)
        self._count(target)
        self.clicks += 1

    def _count(self, target: Locator) -> None:
        self.clicks += 1
        self.steps.append(str(target))

    @property
    def seconds(self) -> float:
        """What the steps take a practised person."""
        return self.clicks * (POINT + CLICK) + len(self.steps) * DECIDE + self.keys * KEY
