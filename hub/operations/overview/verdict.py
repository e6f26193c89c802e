"""One sentence: does anything need a person now, and what first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.operations.overview.items import Item, Severity
from hub.texts import Text, both


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence, and how it is to be shown: `good`, `soon` or `urgent`."""

    level: str
    sentence: Text


def verdict(found: Sequence[Item]) -> Verdict:
    """Return the sentence on items that are in the order of their urgency."""
    if not found:
        return Verdict("good", both("overview.nothing"))
    first = found[0]
    urgent = sum(it.severity is Severity.URGENT for it in found)
    about = {"count": len(found), "urgent": urgent, "first": first.what}
    if urgent:
        return Verdict("urgent", both("overview.urgent", **about))
    return Verdict("soon", both("overview.soon", **about))
