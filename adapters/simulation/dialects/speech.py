"""Which habits a call meets, drawn from a seed, and the answer in them.

A reply that is no longer XML or JSON (a page of a proxy) passes through unchanged where a habit
needs a document.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

import msgspec
from lxml import etree
from msgspec import Meta, Struct

from adapters.simulation.dialects.bytes_forms import is_json, is_xml
from adapters.simulation.dialects.habit import GatewayErrors, Habit
from adapters.simulation.dialects.json_forms import walked
from adapters.simulation.dialects.tables import DIALECTS, HABITS, MIXED, habits_of
from adapters.simulation.dialects.xml_forms import leaves, local
from adapters.simulation.partner import Answer, Call, LookUp

_ORDER = {name: place for place, name in enumerate(HABITS)}


class Setting(Struct, frozen=True, kw_only=True):
    """Which dialects a simulator speaks."""

    names: tuple[str, ...] = ()
    """Dialects, single habits, or `mixed`; all of them together, none means plain."""
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    """Of a reply to be in the dialect at all."""
    lag_seconds: Annotated[float, Meta(ge=0, le=3600)] = 2.0
    """How far a replica is behind."""
    last_steps: Annotated[int, Meta(ge=1)] = 10
    """How many steps a look-up shows where it does not show all."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one call meets, in the order of application."""

    habits: tuple[Habit, ...] = ()

    @property
    def gateway(self) -> GatewayErrors | None:
        """The gateway that answers this call by itself."""
        return next((habit.gateway for habit in self.habits if habit.gateway), None)

    @property
    def ends_sessions(self) -> bool:
        """Whether every session ends just before this call."""
        return any(habit.ends_sessions for habit in self.habits)


class Dialects:
    """What a simulator speaks now; lives in its event loop."""

    def __init__(self, seed: int = 0, setting: Setting | None = None) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.setting = Setting()
        self.spoken: Counter[str] = Counter()
        """How often each habit was shown."""
        self.switch(setting or Setting())

    def switch(self, setting: Setting) -> None:
        """Speak as the setting says from now on; raises ValueError for an unknown name."""
        for name in setting.names:
            if name != MIXED:
                habits_of(name)
        self.setting = setting

    def for_call(self, operation: str) -> Spoken:
        """Draw what the next call meets."""
        names, sure = self.setting.names, self.setting.probability
        if not names or (sure < 1 and self.draw.random() >= sure):
            return Spoken()
        found: dict[str, Habit] = {}
        for name in names:
            dialect = self.draw.choice(list(DIALECTS)) if name == MIXED else name
            found |= {habit.name: habit for habit in habits_of(dialect)}
        met = [habit for habit in found.values() if self._meets(habit, operation)]
        self.spoken.update(habit.name for habit in met)
        return Spoken(tuple(sorted(met, key=lambda habit: _ORDER[habit.name])))

    def look_up(self, spoken: Spoken) -> LookUp:
        """Return what of the partner's memory the call sees."""
        seen = LookUp()
        for habit in spoken.habits:
            if habit.look_up and habit.look_up.behind:
                seen = replace(seen, behind=self.setting.lag_seconds)
            if habit.look_up and habit.look_up.steps is not None:
                seen = replace(seen, steps=self.setting.last_steps)
        return seen

    def _meets(self, habit: Habit, operation: str) -> bool:
        if habit.operations and operation not in habit.operations:
            return False
        return habit.share >= 1 or self.draw.random() < habit.share


def apply_habits(answer: Answer, call: Call, habits: Iterable[Habit]) -> Answer:
    """Return the answer in these habits; `raw` is set where one of them frames the reply."""
    habits = tuple(habits)
    if answer.session_over:
        answer = _session_over(answer, call, habits)
    answer = _document(answer, habits)
    for habit in habits:
        if habit.body:
            answer = habit.body(answer, call)
    frame = next((habit.frame for habit in habits if habit.frame), None)
    return replace(answer, raw=frame(answer)) if frame else answer


def _session_over(answer: Answer, call: Call, habits: tuple[Habit, ...]) -> Answer:
    """Return the refusal in the form of the first habit that has one for this answer."""
    for habit in habits:
        if habit.session:
            spoken = habit.session(answer, call)
            if spoken is not answer:
                return spoken
    return answer


def _document(answer: Answer, habits: tuple[Habit, ...]) -> Answer:
    if is_xml(answer) and any(habit.xml or habit.value for habit in habits):
        return replace(answer, body=_xml(answer.body, habits))
    if is_json(answer) and answer.body and any(habit.json or habit.value for habit in habits):
        return replace(answer, body=_json(answer.body, habits))
    return answer


def _xml(body: bytes, habits: tuple[Habit, ...]) -> bytes:
    envelope = etree.fromstring(body, etree.XMLParser(resolve_entities=False))
    for habit in habits:
        if habit.value:
            for leaf in leaves(envelope):
                if leaf.text:
                    leaf.text = habit.value(local(leaf), leaf.text)
        if habit.xml:
            envelope = habit.xml(envelope)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _json(body: bytes, habits: tuple[Habit, ...]) -> bytes:
    spoken = msgspec.json.decode(body)
    for habit in habits:
        if habit.value:
            spoken = walked(spoken, partial(_text, habit.value))
        if habit.json:
            spoken = habit.json(spoken)
    return msgspec.json.encode(spoken)


def _text(change: Callable[[str, str], str], name: str, value: Any) -> Any:
    return change(name, value) if isinstance(value, str) else value
