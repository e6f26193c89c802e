"""What a person reads of a contract that changed: what, since when, and what to do. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.messages.partners import named
from hub.ports import DriftKind
from hub.records.deadlines.calendar import local
from hub.rules.contracts import ContractChange, How
from hub.rules.owners import WARD_IT
from hub.store.repair import tasks
from hub.store.repair.replies import drift
from hub.texts import Text, both, joined

KIND = "contract_changed"
DRIFT = str(DriftKind.CONTRACT)
SHOWN = 8
"""Changes that a task names."""
COUNTED = 40
"""Changes of one fetch that are listed by themselves."""
LONGEST = 160
"""Characters of one change in a list."""
SIGNS = {How.ADDED: "+", How.REMOVED: "-", How.CHANGED: "~", How.REORDERED: "⇅"}


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A contract that is not as it was, or at the first time not as the shipped one."""

    partner: str
    form: str
    address: str
    fingerprint: str
    changes: Sequence[ContractChange]
    """Since the last fetch; at the first time what differs from the shipped contract."""
    against: Sequence[ContractChange]
    """What differs from the shipped contract now."""
    before: datetime | None
    """When it was last as before; None at the first time."""
    now: datetime


def rows(news: News) -> dict[drift.DriftKey, int]:
    """Return what is counted as drift, by operation and change."""
    mark = "" if news.before else "schemas: "
    found: dict[drift.DriftKey, int] = {}
    for change in news.changes[:COUNTED]:
        place = f"{mark}{SIGNS[change.how]} {change.place}".strip()[:LONGEST]
        found[drift.DriftKey(news.partner, change.operation, DRIFT, place)] = 1
    if (left := len(news.changes) - COUNTED) > 0:
        found[drift.DriftKey(news.partner, "", DRIFT, f"{mark}more")] = left
    return found


def finding(news: News) -> tasks.TaskFinding:
    """Return the task."""
    names = named(news.partner)
    worst = any(it.concerns_calls for it in news.changes)
    return tasks.TaskFinding(
        kind=KIND,
        subject=f"{news.form} {news.fingerprint[:12]}",
        destination=news.partner,
        owner=WARD_IT,
        detail=_detail(news, names.text),
        repair=both(
            "contracts.repair_calls" if worst else "contracts.repair",
            partner=names.text,
            name=names.short,
        ),
    )


def _detail(news: News, partner: Text) -> Text:
    more = f" (+{len(news.changes) - SHOWN})" if len(news.changes) > SHOWN else ""
    listed = joined("; ", (_text(it) for it in news.changes[:SHOWN]))
    now = f"{local(news.now):%H:%M %d/%m/%Y}"
    values = {"form": news.form, "partner": partner, "address": news.address}
    changes = joined("", (listed, Text(more, more)))
    if news.before is None:
        return both("contracts.first_fetched", **values, now=now, changes=changes)
    count = len(news.against)
    against = both("contracts.differs", count=count) if count else both("contracts.same")
    before = f"{local(news.before):%H:%M %d/%m/%Y}"
    return both(
        "contracts.changed_between",
        **values,
        before=before,
        now=now,
        changes=changes,
        against=against,
    )


def _text(change: ContractChange) -> Text:
    """Return one change in words."""
    if not change.operation:
        removed = change.how is How.REMOVED
        return both(
            "contracts.schema_gone" if removed else "contracts.schema_new", place=change.place
        )
    if not change.place and change.how in {How.ADDED, How.REMOVED}:
        return both(f"contracts.operation_{change.how}", name=change.operation)
    place = f"{change.operation} {change.place}".strip()
    if change.how is How.ADDED and change.after:
        place = f"{place} ({_cut(change.after)})"
    elif change.how is How.CHANGED:
        place = f"{place} ({_cut(change.before)} → {_cut(change.after)})"
    return both(f"contracts.part_{change.how}", place=place)


def _cut(what: str) -> str:
    return what if len(what) <= LONGEST else f"{what[:LONGEST]}…"
