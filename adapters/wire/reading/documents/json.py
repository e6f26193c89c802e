"""The value of a JSON reply. A key that stands there twice keeps both of its values.

JSON leaves open which of two values of a key counts, so programs differ: what was read is told by
`Twice`, and refused where the field is needed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.wire.reading.content import text_of
from adapters.wire.reading.documents.xml import PAGE
from adapters.wire.reading.findings import Findings
from adapters.wire.reading.reply import Reply
from adapters.wire.reading.transport import charset
from hub.ports import DriftKind

DEEPEST = 200
"""Most brackets inside each other."""


@dataclass(frozen=True, slots=True)
class Twice:
    """The values of a key that stands in an object more than once."""

    values: tuple[Any, ...]


def read_json(reply: Reply, *, default: str = charset.UTF_8) -> Any:
    """Return the JSON body: dict, list, str, int, float, bool, None, Twice.

    `default` is the charset of a reply that names none. Raises AmbiguousFailure
    `reply_unreadable`.
    """
    text = text_of(reply, default=default)
    findings = reply.findings
    try:
        return _decoded(text, findings)
    except RecursionError:
        raise findings.refuse("body", "JSON that is nested without end") from None
    except json.JSONDecodeError as error:
        if not text:
            raise findings.refuse("body", "empty") from None
        if text[:1] == "<":
            raise findings.refuse("body", "a page where JSON is expected", fix=PAGE) from None
        place = f"body, line {error.lineno}, column {error.colno}"
        raise findings.refuse(place, "no JSON") from None
    except ValueError:  # NaN, or a number of thousands of digits
        raise findings.refuse("body", "a number that JSON does not have") from None


def _decoded(text: str, findings: Findings) -> Any:
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Invalid control character"):
            raise
        found = _loose.decode(text)
        findings.add(DriftKind.BLANKS, "line ends in a text")
        return found


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    for name in found:
        values = tuple(value for key, value in pairs if key == name)
        if len(values) > 1:
            found[name] = Twice(values)
    return found


def _no_number(name: str) -> Any:
    raise ValueError(name)


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)
# Line ends and tabs inside a text as they are, which JSON forbids and which have one reading.
_loose = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number, strict=False)
