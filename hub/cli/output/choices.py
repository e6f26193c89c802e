"""Which values an option or argument takes, where there is a fixed number of them."""

from enum import Enum
from typing import Any, Literal, get_args, get_origin


def choices_of(annotation: Any) -> list[str]:
    """Return the values of an enumeration or a Literal as they are typed; else none."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(it.value) for it in annotation]
    return list(map(str, get_args(annotation))) if get_origin(annotation) is Literal else []
