"""Which deliveries an address means: for a list, a file, an assignment, a replay plan. Pure.

A selection with `up_to` is closed: a delivery that is opened later never belongs to it. A group of
failures is a selection by partner, operation and fault alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from hub.rules.deliveries.states import FINAL, DeliveryState

LONGEST = 200
"""Letters of one word of a selection."""
_HIGHEST = 2**62
_FINAL = frozenset(map(str, FINAL))


class NotASelection(ValueError):
    """A word of an address cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Deliveries by what they have in common; "" and None leave a thing open."""

    state: str = ""
    partner: str = ""
    operation: str = ""
    fault: str = ""
    """The hub's code, or the partner's."""
    opened_before: datetime | None = None
    due_before: datetime | None = None
    up_to: int | None = None
    """The highest delivery number that belongs to it."""

    @property
    def words(self) -> dict[str, str]:
        """What is given, as the words of an address."""
        found = {part.name: getattr(self, part.name) for part in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in found.items()
            if value
        }

    @property
    def key(self) -> str:
        """The selection as one text, the same for the same selection."""
        return urlencode(self.words)

    @property
    def is_open(self) -> bool:
        """Whether only deliveries that are not final can belong to it."""
        return bool(self.state) and self.state not in _FINAL

    @property
    def group(self) -> "Selection":
        """The group of failures that it lies in."""
        return Selection(partner=self.partner, operation=self.operation, fault=self.fault)

    @property
    def is_group(self) -> bool:
        """Whether it is a group of failures as a whole."""
        return bool(self.partner and self.operation and self.fault) and self == self.group

    @classmethod
    def read(cls, words: Mapping[str, str]) -> "Selection":
        """Return the selection of an address; other words are left alone. Raises NotASelection."""
        given = {name: words.get(name, "").strip() for name in cls.__slots__}
        if max(map(len, given.values())) > LONGEST:
            raise NotASelection("too long")
        if given["state"] and given["state"] not in set(DeliveryState):
            raise NotASelection("state")
        number = given["up_to"]
        if number and not (number.isascii() and number.isdigit() and 0 < int(number) < _HIGHEST):
            raise NotASelection("up_to")
        return cls(
            state=given["state"],
            partner=given["partner"],
            operation=given["operation"],
            fault=given["fault"],
            opened_before=_moment(given["opened_before"]),
            due_before=_moment(given["due_before"]),
            up_to=int(number) if number else None,
        )

    @classmethod
    def of_key(cls, key: str) -> "Selection":
        """Return the selection of a `key`. Raises NotASelection."""
        return cls.read(dict(parse_qsl(key)))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise NotASelection("time") from None
    if found.tzinfo is None:
        raise NotASelection("time without zone")
    return found
