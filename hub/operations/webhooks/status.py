"""How a webhook does: what its owner and an operator see. Holds no secret."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.store.change_feed import reading
from hub.store.engine.store import Tx
from hub.store.webhooks import addresses, waiting
from hub.store.webhooks.addresses import Webhook


class WebhookState(StrEnum):
    """Whether a webhook takes its events; where several are true, the last one counts."""

    SENDING = "sending"
    WAITING = "waiting"
    """It takes events, but not all of them."""
    PAUSED = "paused"
    """It takes none; the next attempt has a time."""
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookStatus:
    """A webhook and what it has not taken."""

    webhook: Webhook
    state: WebhookState
    refused: int
    """Changes that failed, or wait behind one that did."""
    backlog: int
    """All that it has not taken, as far as it was counted."""
    more: bool
    """Whether there is more than was counted."""
    oldest: datetime | None
    """Since when the longest of the refused waits."""


def status_of(
    tx: Tx, webhook: Webhook, *, allowed: Callable[[str], bool], now: datetime
) -> WebhookStatus:
    """Return how a webhook does; `allowed` as in `exchange/webhooks/selecting.py`."""
    queued = waiting.of_webhook(tx, webhook.id)
    new = reading.page(tx, webhook.position, limit=reading.READ_AT_ONCE, allowed=allowed)
    return WebhookStatus(
        webhook=webhook,
        state=_in_a_word(webhook, refused=bool(queued), now=now),
        refused=len(queued),
        backlog=len(queued) + len(new.changes),
        more=new.more,
        oldest=min((it.since for it in queued), default=None),
    )


def of_all(
    tx: Tx, *, allowed: Callable[[str, str], bool], now: datetime, client: str = ""
) -> Sequence[WebhookStatus]:
    """Return how every webhook does, of one client where it is named.

    `allowed` tells of a client and a dossier's number whether the one may know of the other.
    """

    def of(webhook: Webhook) -> WebhookStatus:
        return status_of(
            tx, webhook, allowed=lambda number: allowed(webhook.client, number), now=now
        )

    return [of(it) for it in addresses.all_of(tx, client=client)]


def _in_a_word(webhook: Webhook, *, refused: bool, now: datetime) -> WebhookState:
    if webhook.retired_at is not None:
        return WebhookState.RETIRED
    if webhook.paused_until is not None and webhook.paused_until > now:
        return WebhookState.PAUSED
    return (
        WebhookState.WAITING
        if refused or webhook.failing_since is not None
        else WebhookState.SENDING
    )
