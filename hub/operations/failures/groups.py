"""The groups of failures that wait for a person: by partner, operation and code.

The words are those of the fault dictionary: what it is, who owns it, what to do. The cost depends
on what waits and on a week of samples, never on what was delivered. Changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from hub.operations.overview.items import explanation
from hub.rules.deliveries.selection import Selection
from hub.rules.deliveries.states import DeliveryState
from hub.rules.failures.errors import FAULTS
from hub.rules.owners import WARD_IT
from hub.rules.users.scope import Scope, Thing
from hub.store.console import groups
from hub.store.console.groups import AttentionGroup
from hub.store.engine.store import Tx
from hub.store.monitoring import failure_samples
from hub.store.monitoring.failure_samples import Group, Points
from hub.store.repair import selection_notes
from hub.store.repair.selection_notes import SelectionNote
from hub.texts import Text, both

MOST = 200
"""Groups that are read; the largest ones."""


@dataclass(frozen=True, slots=True)
class TrendSpan:
    """How far back a trend goes, and the parts of time that it is drawn of."""

    length: timedelta
    each: timedelta


SPANS: Mapping[str, TrendSpan] = {
    "hour": TrendSpan(timedelta(hours=1), failure_samples.EVERY),
    "day": TrendSpan(timedelta(days=1), timedelta(minutes=30)),
    "week": TrendSpan(timedelta(days=7), timedelta(hours=3)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Deliveries that failed for one reason."""

    selection: Selection
    dead: int
    unclear: int
    """Whose effect is unknown and which are left to a person."""
    since: datetime | None
    """When the oldest was opened; None where none waits any more."""
    newest: datetime | None
    cause: Text
    to_do: Text
    who: tuple[str, ...]
    trend: Points
    """How many waited, oldest first; of the whole installation."""
    assignment: SelectionNote | None

    @property
    def count(self) -> int:
        """How many wait for a person."""
        return self.dead + self.unclear

    @property
    def growth(self) -> int:
        """How many more than at the begin of the trend."""
        return self.count - self.trend[0][1] if self.trend else 0


def failure_groups(tx: Tx, scope: Scope, *, span: str, now: datetime) -> list[FailureGroup]:
    """Return the groups that a scope reaches, the largest first."""
    found = merged(groups.needing_attention(tx, scope, limit=MOST))
    trends = _trends(tx, found, scope, SPANS[span], now)
    assigned = selection_notes.assignments(tx, [_selection(key).key for key in found])
    made = [
        _group(key, rows, trends.get(key, []), assigned.get(_selection(key).key))
        for key, rows in found.items()
    ]
    return sorted(made, key=lambda it: -it.count)


def one_group(
    tx: Tx, scope: Scope, selection: Selection, *, span: str, now: datetime
) -> FailureGroup:
    """Return one group; its counts are zero where nothing of it waits any more."""
    key = (selection.partner, selection.operation, selection.fault)
    rows = merged(groups.needing_attention(tx, scope, limit=MOST)).get(key, ())
    trend = _trends(tx, [key], scope, SPANS[span], now).get(key, [])
    assigned = selection_notes.assignments(tx, [selection.key])
    return _group(key, rows, trend, assigned.get(selection.key))


def merged(found: Iterable[AttentionGroup]) -> dict[Group, Sequence[AttentionGroup]]:
    """Return the groups of the store by partner, operation and code, whatever their states."""

    def key(it: AttentionGroup) -> Group:
        return it.destination, it.operation, it.code

    return {group: tuple(rows) for group, rows in groupby(sorted(found, key=key), key)}


def _trends(
    tx: Tx, keys: Iterable[Group], scope: Scope, span: TrendSpan, now: datetime
) -> dict[Group, Points]:
    """Return the trends of groups; of a partner's only where its figures may be seen."""
    seen = [key for key in keys if scope.covers(Thing(partners=frozenset({key[0]})))]
    return failure_samples.of_groups(tx, seen, since=now - span.length, each=span.each)


def _selection(key: Group) -> Selection:
    return Selection(partner=key[0], operation=key[1], fault=key[2])


def _group(
    key: Group, rows: Sequence[AttentionGroup], trend: Points, assigned: SelectionNote | None
) -> FailureGroup:
    code = key[2]
    fault, explained = FAULTS.get(code), explanation(code)
    dead = sum(row.count for row in rows if row.state == DeliveryState.DEAD)
    return FailureGroup(
        selection=_selection(key),
        dead=dead,
        unclear=sum(row.count for row in rows) - dead,
        since=min((row.since for row in rows), default=None),
        newest=max((row.newest for row in rows), default=None),
        cause=fault.text if fault else Text(code, code),
        to_do=Text(**explained.to_do) if explained else both("overview.standing_to_do"),
        who=explained.who if explained else (WARD_IT,),
        trend=trend,
        assignment=assigned,
    )
