"""Values as they stand in a TOML file of an operator, each read by what its key takes. Pure.

A reader returns the value or raises `Unusable`; what a key may be is part of its words.
"""

import re
from collections.abc import Callable, Collection
from datetime import time, timedelta
from typing import Any

from hub.texts import Text, both

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(\d{1,6})([smhd])")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
Reader = Callable[[Any], Any]


class Unusable(Exception):
    """A value cannot be used; `allowed` says what the key takes."""

    def __init__(self, allowed: Text) -> None:
        super().__init__(allowed)
        self.allowed = allowed


def duration(value: Any) -> timedelta:
    """Read `30s`, `15m`, `2h`, `7d`."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Unusable(both("toml_file.duration"))
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def number(value: Any) -> float:
    """Read a number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**12:
        raise Unusable(both("toml_file.number"))
    return float(value)


def port(value: Any) -> int:
    """Read a port."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65_536:
        raise Unusable(both("toml_file.port"))
    return value


def flag(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Unusable(both("toml_file.flag"))
    return value


def clock(value: Any) -> time:
    """Read a time of day: `06:30`."""
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Unusable(both("toml_file.clock"))
    return time(int(found[1]), int(found[2]))


def name(value: Any) -> str:
    """Read the name of a rule or a channel."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise Unusable(both("toml_file.name"))
    return value


def line(value: Any) -> str:
    """Read one line of text."""
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 500:
        raise Unusable(both("toml_file.line"))
    return value


def address(value: Any) -> str:
    """Read an address of mail, without a name around it."""
    local, at, host = value.rpartition("@") if isinstance(value, str) else ("", "", "")
    usable = value.isprintable() if isinstance(value, str) else False
    if not (local and at and host) or not usable or set(value) & set(" ,;<>\"'\\"):
        raise Unusable(both("toml_file.address"))
    return str(value)


def list_of(one: Reader, *, least: int = 1) -> Reader:
    """Return the reader of a list of values."""

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not least <= len(value) <= 100:
            raise Unusable(both("toml_file.list"))
        return tuple(map(one, value))

    return read


def choice(allowed: Collection[str]) -> Reader:
    """Return the reader of one of some words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            shown = ", ".join(allowed)
            raise Unusable(both("toml_file.choice", allowed=shown))
        return value

    return read


def amount(value: Any) -> float | timedelta:
    """Read a limit: a duration or a number; which of them follows from the rule's signal."""
    return duration(value) if isinstance(value, str) else number(value)
