"""The webhooks that do not take all events, as `hub deliveries attention` shows them."""

from collections.abc import Sequence

from hub.cli.output.listing import listing
from hub.operations.webhooks import status
from hub.operations.webhooks.status import WebhookState, WebhookStatus
from hub.records.dossiers import numbering
from hub.runtime.clock import utc_now
from hub.store.clients import registry
from hub.store.engine.store import Tx
from hub.texts import text

FAILING = listing("failing_webhooks", "*webhook *client *standing *backlog code since")


def failing(tx: Tx) -> list[tuple[object, ...]]:
    """Return the rows of what is paused, or waits for some of its events."""
    return [
        (
            it.webhook.id,
            it.webhook.client,
            text(f"webhooks.is_{it.state.value}"),
            backlog(it),
            it.webhook.last_code,
            it.webhook.failing_since or it.oldest,
        )
        for it in statuses(tx)
        if it.state in (WebhookState.PAUSED, WebhookState.WAITING)
    ]


def statuses(tx: Tx) -> Sequence[WebhookStatus]:
    """Return how every webhook does."""
    clients = {it.client.id: it.client for it in registry.all_of(tx)}

    def allowed(client: str, number: str) -> bool:
        return clients[client].allows_agency(numbering.parse(number).agency)

    return status.of_all(tx, allowed=allowed, now=utc_now())


def backlog(found: WebhookStatus) -> str:
    """Return how many events wait, `1000+` where they were not all counted."""
    return f"{found.backlog}+" if found.more else str(found.backlog)
