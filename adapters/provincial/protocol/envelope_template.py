"""Envelopes cast from moulds: zeep builds one for each shape of arguments, later ones are poured.

zeep walks the schema for every value, about 0.4 ms for a dossier, although two dossiers with the
same number of papers differ in nothing but their texts. So zeep is given marks in place of the
texts, once for each shape, and the texts are set between what it rendered. The pieces are zeep's,
the texts are escaped, and the caller checks the whole against the XSD.
"""

import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

SHAPES = 512
"""How many moulds are kept; beyond, the cache starts anew."""

Shape = tuple[Any, ...]
Render = Callable[[str, Mapping[str, Any]], bytes]
"""Operation and arguments -> the serialised envelope, UTF-8."""


@dataclass(frozen=True, slots=True)
class EnvelopeTemplate:
    """The pieces that stand between the texts, and which text stands behind which piece."""

    first: str
    rest: tuple[tuple[int, str], ...]
    """(index of a text, the piece behind it), in the order of the document."""

    def render(self, texts: list[str]) -> str:
        """Return the document with these texts, in the order of the arguments."""
        parts = [self.first]
        for index, piece in self.rest:
            parts.append(escape(texts[index]))
            parts.append(piece)
        return "".join(parts)


class EnvelopeTemplates:
    """Makes moulds with `render` and keeps them; safe in many threads."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self._mark = uuid.uuid4().hex  # in no text that a partner or a citizen could have sent
        self._split = re.compile(f"{self._mark}-([0-9]+)-")
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, Shape], EnvelopeTemplate] = {}

    def render(self, operation: str, arguments: Mapping[str, Any]) -> str:
        """Return the envelope of `arguments`: texts, records of texts, and lists of records.

        Raises TypeError for a value that is anything else, and whatever `render` raises.
        """
        texts: list[str] = []
        shape = _flatten(arguments, texts)
        template = self._kept.get((operation, shape))
        if template is None:
            template = self._compile(operation, arguments, shape)
        return template.render(texts)

    def _compile(
        self, operation: str, arguments: Mapping[str, Any], shape: Shape
    ) -> EnvelopeTemplate:
        numbers = iter(range(1_000_000))
        marked = _replaced(arguments, lambda: f"{self._mark}-{next(numbers)}-")
        first, *found = self._split.split(self._render(operation, marked).decode())
        indices = [int(number) for number in found[::2]]
        if sorted(indices) != list(range(next(numbers))):
            raise TypeError(f"{operation}: the schema does not take every argument once")
        template = EnvelopeTemplate(first, tuple(zip(indices, found[1::2], strict=True)))
        with self._lock:
            if len(self._kept) >= SHAPES:
                self._kept = {}
            self._kept[operation, shape] = template
        return template


def _flatten(record: Mapping[str, Any], texts: list[str]) -> Shape:
    """Append the texts of a record in its own order; return everything but the texts."""
    shape: list[Any] = []
    for name, value in record.items():
        shape.append(name)
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, list):
            shape.append(tuple(_flatten(item, texts) for item in value))
        else:
            raise TypeError(f"{name} is {type(value).__name__}, not text")
    return tuple(shape)


def _replaced(record: Mapping[str, Any], mark: Callable[[], str]) -> dict[str, Any]:
    return {
        name: [_replaced(item, mark) for item in value] if isinstance(value, list) else mark()
        for name, value in record.items()
    }
