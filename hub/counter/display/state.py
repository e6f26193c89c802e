"""What the information display shows: tickets called, results ready, apologies, procedures.

Numbers of dossiers are masked: without its first part nobody learns whose they are. What is read
from the database is read once in two seconds for all displays of a language.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.counter import rendering
from hub.counter.parts import CounterParts
from hub.operations.counter import queue
from hub.records.registers.procedures import Procedure
from hub.rules.counter.tickets import office_day
from hub.store.counter import display as shown
from hub.store.counter import tickets
from hub.texts import Language
from hub.web import live

MOST_READY, MOST_LATE = 12, 5


@dataclass(frozen=True, slots=True)
class MadePart:
    at: datetime
    html: str


def masked(number: str) -> str:
    """Return a dossier number without its agency: `…-181106-0012`."""
    _, day, sequence = number.rsplit("-", 2)
    return f"…-{day}-{sequence}"


class FreshDisplay:
    """What all displays show, made anew where it is older than `live.EVERY`."""

    def __init__(self, parts: CounterParts) -> None:
        self._parts = parts
        self._made: dict[Language, MadePart] = {}
        self._lock = threading.Lock()

    def get(self, language: Language) -> MadePart:
        """Return the main part. Raises StoreUnavailable."""
        with self._lock:
            now, known = self._parts.clock(), self._made.get(language)
            if known is not None and 0 <= (now - known.at) / live.EVERY < 1:
                return known
            made = rendering.html("display/main.html", language, self._values(now))
            self._made[language] = MadePart(now, made)
            return self._made[language]

    def _values(self, now: datetime) -> dict[str, Any]:
        parts = self._parts
        with parts.store.read() as tx:
            called = tickets.called_last(tx, office_day(now))
            figures = queue.figures(tx, now=now)
            ready = shown.ready(tx, limit=MOST_READY)
            late = shown.late(tx, now=now, limit=MOST_LATE)
        return {
            "called": called,
            "plan": parts.plan,
            "figures": figures,
            "ready": list(map(masked, ready)),
            "late": [(masked(number), due_at) for number, due_at in late],
            "procedures": procedures_by_sector(parts, now),
            "unit": parts.rules.unit,
            "latest": f"{called[0].id}-{called[0].calls}" if called else "",
        }


def procedures_by_sector(parts: CounterParts, now: datetime) -> Mapping[str, Sequence[Procedure]]:
    """Return the procedures in force today by the names of their sectors."""
    today, found = office_day(now), {}
    catalogue = parts.rules.catalogue
    for sector in catalogue.sectors.values():
        valid = [it for it in catalogue if it.sector == sector.code and it.is_valid_on(today)]
        if valid:
            found[sector.name] = sorted(valid, key=lambda it: it.name)
    return found
