"""A YAML document with texts in the place of its scalars, built from the parser's events.

The loaders of PyYAML go down one call deeper with each level, in C without a limit: a megabyte of
brackets ends the whole process. Here depth and size are counted before anything is built.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from adapters.wire.contracts.refused import UnreadableContract

DEEPEST = 200
LARGEST = 200_000
"""Nodes of a document."""
_PLAIN = {"true": "true", "false": "false", "null": "null", "~": "null", "": "null"}
Container = dict[str, Any] | list[Any]


def texts_of(text: str) -> Any:
    """Return the first document; raises Unreadable."""
    try:
        return _built(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise UnreadableContract(f"no YAML{place}") from None


def _built(events: Iterator[Any]) -> Any:
    """Build the tree without going down into it."""
    open_: list[tuple[Container, str | None]] = []
    """Containers that have begun, each with its anchor."""
    keys: list[str | None] = []
    """Of each such mapping the key that waits for its value."""
    anchors: dict[str, Any] = {}
    value: Any
    for count, event in enumerate(events):
        if count > LARGEST or len(open_) > DEEPEST:
            raise UnreadableContract("a document that is too large, or nested too deep")
        match event:
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                made: Container = {} if isinstance(event, yaml.MappingStartEvent) else []
                open_.append((made, event.anchor))
                keys.append(None)
                continue
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                value, anchor = open_.pop()
                keys.pop()
            case yaml.ScalarEvent():
                value, anchor = _scalar(event), event.anchor
            case yaml.AliasEvent() if event.anchor in anchors:
                value, anchor = anchors[event.anchor], None
            case yaml.AliasEvent():
                raise UnreadableContract("YAML with an alias to nothing, or to what is around it")
            case _:
                continue
        if anchor:
            anchors[anchor] = value
        if not open_:
            return value
        _put(open_[-1][0], keys, value)
    raise UnreadableContract("YAML without a document")


def _put(container: Container, keys: list[str | None], value: Any) -> None:
    if isinstance(container, list):
        container.append(value)
    elif keys[-1] is None:
        if not isinstance(value, str):
            raise UnreadableContract("YAML with a key that is no text")
        keys[-1] = value
    else:
        container[keys[-1]] = value
        keys[-1] = None


def _scalar(event: Any) -> str:
    value = str(event.value)
    is_plain = event.style in {None, ""}
    return _PLAIN.get(value.lower(), value) if is_plain else value
