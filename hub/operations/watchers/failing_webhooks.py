"""Raises a task for each webhook that takes nothing for a while, or not one of its events.

A webhook is never switched off by the hub: its events wait, and a person is told. The timer checks
at its sweep; the task closes by itself when the address takes events again, or was retired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from hub.operations.watchers.task_set import match_open_tasks
from hub.records.deadlines.calendar import local
from hub.rules.owners import WARD_IT
from hub.rules.webhooks.pace import ALARM_AFTER, EVENT_ALARM_AFTER
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store, Tx
from hub.store.repair import tasks
from hub.store.webhooks import addresses, waiting
from hub.store.webhooks.addresses import Webhook
from hub.texts import both

KIND = "webhook_failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingWebhooks:
    """Keeps no state: what fails and what is open is read from the store at each check."""

    store: Store

    def check(self, now: datetime) -> int:
        """Open the missing tasks, close those that are settled; return how many were opened."""
        with self.store.read() as tx:
            failing = {it.id: (it, since) for it, since in _failing(tx, now)}
        wanted = {id: (finding(*pair), None) for id, pair in failing.items()}
        opened = match_open_tasks(self.store, KIND, wanted, now=now)
        for id in opened:
            log.warning(Event.WEBHOOK_FAILING, code=failing[id][0].last_code, detail=id)
        return len(opened)


def finding(webhook: Webhook, since: datetime) -> tasks.TaskFinding:
    """Return the task's content, in the officer's words and in the operator's."""
    return tasks.TaskFinding(
        kind=KIND,
        subject=webhook.id,
        destination="",
        owner=WARD_IT,
        detail=both(
            "webhooks.failing",
            id=webhook.id,
            client=webhook.client,
            host=urlsplit(webhook.url).hostname or "",
            code=webhook.last_code,
            since=f"{local(since):%H:%M %d/%m/%Y}",
        ),
        repair=both("webhooks.repair", id=webhook.id, client=webhook.client),
    )


def _failing(tx: Tx, now: datetime) -> Sequence[tuple[Webhook, datetime]]:
    found = []
    for owned in addresses.active(tx):
        webhook = owned.webhook
        since = webhook.failing_since
        if since is not None and since <= now - ALARM_AFTER:
            found.append((webhook, since))
            continue
        oldest = min((it.since for it in waiting.of_webhook(tx, webhook.id)), default=now)
        if oldest <= now - EVENT_ALARM_AFTER:
            found.append((webhook, oldest))
    return found
