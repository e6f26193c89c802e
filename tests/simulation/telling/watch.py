"""Notes what each step of a story did to the store and to the partners' ledgers.

It reads and does nothing, so it is no part of the story's hash.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.simulation.database.observer import Reader
from tests.simulation.partners.protocol import Effect
from tests.simulation.world.chance import FaultId
from tests.simulation.world.events import Happening, short

_DELIVERIES = "SELECT id, message_id, destination, type, lane, state FROM deliveries ORDER BY id"
_SENTENCES = {
    "relay": "relays messages",
    "receive": "handles messages",
    "timer": "looks for what is due",
    "deliver": "works on deliveries to {to}",
    "reconcile": "asks {to}",
    "call": "calls {to}",
    "replays": "carries out a replay plan",
}
_COUNTED = ("relay", "receive", "timer")
_SHOWN = ("crash", "machine sleeps", "broker emptied", "role stalled", "clock set", "stop")
"""Faults that have a line of their own in the story."""


class Row(NamedTuple):
    """One line of the table."""

    at: float
    who: str
    what: str
    store: str = ""
    ledger: str = ""


class Watch:
    """Notes after each step what it did to the store and to the partners' ledgers."""

    def __init__(self, observer: Reader, events: Sequence[Happening], struck: list[FaultId]):
        self.rows: list[Row] = []
        self._observer = observer
        self._events = events
        self._struck = struck
        self._told = self._faults = 0
        self._states: dict[int, str] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self._ledgers: dict[tuple[str, str], list[str]] = {}
        self._effects: list[tuple[str, Effect]] = []

    def effect(self, partner: str, effect: Effect) -> None:
        """Hear of something that a partner has done."""
        self._effects.append((partner, effect))

    def look(self, at: float, who: str, step: str) -> None:
        """Tell what has happened since the last look; `step`: what was done, and by whom."""
        store, lines = self._moves(), self._events[self._told :]
        self._told = len(self._events)
        faults = list(self._unseen_faults(lines))
        ledger = self._ledger()
        if not (lines or store or ledger or faults):
            return
        *before, last = _joined(lines, at, who, step)
        if faults:
            last = last._replace(what=f"{last.what} ({', '.join(faults)})")
        self.rows += [*before, last._replace(store=store, ledger=ledger)]

    def _moves(self) -> str:
        """Return the new deliveries, and which others went from which state to which."""
        new, moved = [], dict[str, list[str]]()
        for id, message_id, destination, type, lane, state in self._observer.rows(_DELIVERIES):
            before = self._states.get(id)
            if before is None:
                self._ids[destination, message_id] = id
                new.append(f"{id} {type} of {short(lane)}: {state}")
            elif before != state:
                moved.setdefault(f"{before} -> {state}", []).append(str(id))
            self._states[id] = state
        return "\n".join(new + [f"{', '.join(ids)}: {move}" for move, ids in moved.items()])

    def _ledger(self) -> str:
        changed = {}
        for partner, effect in self._effects:
            key = partner, effect.number
            has = self._ledgers.setdefault(key, [])
            has.append(str(self._ids.get((partner, effect.message_id), "?")))
            changed[key] = has
        self._effects.clear()
        return "\n".join(
            f"{name} has of {short(of)}: {', '.join(has)}" for (name, of), has in changed.items()
        )

    def _unseen_faults(self, lines: Sequence[Happening]) -> Iterator[str]:
        text = " ".join(line.what for line in lines)
        # Of "provincial busy" a line says "busy": a fault whose words after the first stand in a
        # line is told by it.
        for kind, _ in self._struck[self._faults :]:
            if not kind.startswith(_SHOWN) and kind.partition(" ")[2] not in text:
                yield kind
        self._faults = len(self._struck)


def _joined(lines: Sequence[Happening], at: float, who: str, step: str) -> list[Row]:
    """Return who did what: a role's step and what its partner did meanwhile are one line."""
    role, _, to = step.replace(" ", ".").partition(".")
    if role not in _SENTENCES:
        others = [Row(*line) for line in lines if line.actor != "partners"]
        return others or [Row(at, who, step)]
    rows, notes, count = [], [], ""
    for line in lines:
        if line.actor == who and line.what.startswith(f"{step} "):
            count = f" ({line.what.rpartition(' ')[2]})" if role in _COUNTED else ""
        elif line.actor in (who, to):
            notes.append(line.what)
        else:
            rows.append(Row(*line))
    done = f"{_SENTENCES[role].format(to=to)}{count}"
    return [*rows, Row(at, who, f"{done}: {'; '.join(notes)}" if notes else done)]
