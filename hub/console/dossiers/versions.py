"""The versions of a dossier that a partner was sent, and where a partner holds something else.

Of a version only what changed is shown, personal fields masked. Of what a partner holds only the
names of fields are kept, never values (docs/decisions/0062): the partner's own software shows them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from hub.console.content import FieldDifference, differences
from hub.messages.catalog import CATALOG
from hub.store.console import history
from hub.store.console.history import History
from hub.store.console.listing import ListedDelivery
from hub.store.engine.store import Tx

WHOLE = frozenset(it.name for it in CATALOG if it.newest_if)
"""Types whose message says the whole record anew; the others say a step each."""
_COUNTERS = frozenset({"phienBan", "capNhat"})
"""On the wire: the number of the version, and that there was one before."""
MOST = 20
"""Versions that are compared, the newest."""


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """One version, and what changed since the one before; None where a body is in the archive."""

    delivery: ListedDelivery
    changed: Sequence[FieldDifference] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerDifference:
    """One answer of a partner that holds some fields in another way than they were sent."""

    delivery: int
    destination: str
    at: datetime
    kind: str
    fields: str
    """The partner's names."""


def versions(
    tx: Tx, deliveries: Iterable[ListedDelivery], *, unmasked: bool = False
) -> list[RecordVersion]:
    """Return the versions after the first one of each lane, in the order of the lanes."""
    whole = [it for it in deliveries if it.type in WHOLE]
    pairs = [
        (before, after)
        for before, after in pairwise(whole)
        if (before.destination, before.type) == (after.destination, after.type)
    ][-MOST:]
    found = []
    for before, after in pairs:
        old, new = history.message_of(tx, before.id), history.message_of(tx, after.id)
        changed = differences(old, new, unmasked=unmasked) if old and new else None
        changed = changed and [it for it in changed if it.field not in _COUNTERS]
        found.append(RecordVersion(after, changed))
    return found


def partner_differs(found: History) -> list[PartnerDifference]:
    """Return the answers in which a partner's fields were not as sent, oldest first."""
    several = [
        PartnerDifference(
            delivery=it.id,
            destination=it.destination,
            at=call.finished_at or call.started_at,
            kind=call.kind,
            fields=call.differs,
        )
        for it in found.deliveries
        for call in found.calls[it.id]
        if call.differs
    ]
    return sorted(several, key=lambda it: it.at)
