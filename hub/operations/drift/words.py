"""What a person reads of drift: which partner, what changed, and what to do. Pure."""

from collections.abc import Sequence
from datetime import datetime

from hub.messages.partners import named
from hub.ports import DriftKind
from hub.records.deadlines.calendar import local
from hub.rules.owners import WARD_IT
from hub.store.repair import tasks
from hub.store.repair.replies.drift import DriftKey
from hub.texts import Text, both

KIND = "reply_drift"
SHOWN = 5
"""Places that a task names."""


def subject_of(key: DriftKey) -> str:
    """Return what makes two differences the same news: the kind, and the last name in the place.

    A new element in every reply of a partner is one piece of news.
    """
    return f"{key.kind} {key.place.rpartition('/')[2]}".strip()


def what(kind: str) -> Text:
    """Return what a kind of drift means: "the replies ..."."""
    return both(f"drift.{DriftKind(kind)}")


def finding(keys: Sequence[DriftKey], *, since: datetime) -> tasks.TaskFinding:
    """Return the task for differences of one subject."""
    first = keys[0]
    partner = named(first.partner).text
    places = ", ".join(dict.fromkeys(f"{it.operation} {it.place}".strip() for it in keys[:SHOWN]))
    more = f" (+{len(keys) - SHOWN})" if len(keys) > SHOWN else ""
    of_code = first.kind == DriftKind.CODE_STATUS
    return tasks.TaskFinding(
        kind=KIND,
        subject=subject_of(first),
        destination=first.partner,
        owner=WARD_IT,
        detail=both(
            "tasks.drift",
            partner=partner,
            what=what(first.kind),
            since=f"{local(since):%H:%M %d/%m/%Y}",
            places=f"{places}{more}",
        ),
        repair=both(
            "tasks.drift_repair_code_status" if of_code else "tasks.drift_repair", partner=partner
        ),
    )
