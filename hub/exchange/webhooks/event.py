"""The event that a webhook carries: thin, in the format of Standard Webhooks. Pure.

The same change is the same event with the same id at each attempt and in each replay.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from hub.messages.local_time import LOCAL
from hub.rules.change_feed import FeedState
from hub.store.change_feed.reading import DossierChange

TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One event, ready to be signed."""

    id: str
    body: bytes


def of_change(change: DossierChange, state: FeedState) -> WebhookEvent:
    """Return the event that tells a change."""
    data = {
        "maHoSo": change.number,
        "ma": change.code,
        "maThongDiep": change.message_id,
        "viTri": str(state.cursor(change.position)),
    }
    return _event(state.event_id(change.position), change.kind.value, change.at, data)


def of_test(id: str, at: datetime) -> WebhookEvent:
    """Return a test event; it tells nothing of a dossier."""
    return _event(id, TEST, at, {})


def _event(id: str, kind: str, at: datetime, data: dict[str, str]) -> WebhookEvent:
    event = {"type": kind, "timestamp": at.astimezone(LOCAL).isoformat(), "data": data}
    return WebhookEvent(id, msgspec.json.encode(event))
