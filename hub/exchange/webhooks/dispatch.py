"""Sends to one address what it has to get, as long as it takes it and the lease lasts.

At least once: an event is written down as taken after the address has answered 2xx, so a process
that dies between sends it again, under the same id. In the order of the feed, but for dossiers of
which a change failed: those wait, in their own order. Who fails is paused by a circuit of its own
and never given up; a failure of the line is no failure of the event, which stays where it is.
"""

import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.exchange.webhooks import event as events
from hub.exchange.webhooks.event import WebhookEvent
from hub.exchange.webhooks.selecting import NothingNow, Selected, failed, is_paused, select
from hub.ports import Clock
from hub.ports.webhooks import WebhookSender
from hub.rules.calls import circuit as circuits
from hub.rules.calls.circuit import Circuit, Phase, Signal
from hub.rules.failures.errors import DeliveryFailure, NotAttempted
from hub.rules.webhooks import pace, signing
from hub.runtime.telemetry import Event, log
from hub.store.change_feed import reading
from hub.store.engine.store import Store, Tx
from hub.store.webhooks import addresses, waiting
from hub.store.webhooks.addresses import LEASE, Owned, Webhook
from hub.store.webhooks.secret_files import NoSecret, SecretFiles

SLICE = LEASE / 2
"""How long one sender sends to an address; a call more fits into the rest of its lease."""
_OF_ADDRESS = frozenset({"webhook_address", "webhook_secret"})
"""Codes of what no other event would change."""


@dataclass(slots=True)
class Dispatch:
    """Sends events; threads share it, one an address."""

    store: Store
    sender: WebhookSender
    secrets: SecretFiles
    clock: Clock
    agency_of: Callable[[str], str]
    stopping: threading.Event
    _circuits: dict[str, Circuit] = field(default_factory=dict)
    """Of closed ones the failures in a row, which no other process needs to know."""

    def run(self, owned: Owned) -> int:
        """Send what is to be sent to an address; return how many events it has taken."""
        id, by = owned.webhook.id, uuid.uuid4().hex
        with self.store.write() as tx:
            if not addresses.claim(tx, id, by=by, now=self.clock()):
                return 0
        try:
            return self._send_all(owned, by)
        finally:
            with self.store.write() as tx:
                addresses.release(tx, id, by=by)

    def _send_all(self, owned: Owned, by: str) -> int:
        """Trap: the slice is measured by the clock that nobody can set."""
        taken, end = 0, time.monotonic() + SLICE.total_seconds()
        while time.monotonic() < end and not self.stopping.is_set():
            with self.store.write() as tx:
                webhook = addresses.get(tx, owned.webhook.id)
                if webhook is None or webhook.retired_at is not None:
                    return taken
                found = self._next(tx, webhook, owned, by)
            if isinstance(found, NothingNow):
                if not found.again:
                    return taken
                continue
            if isinstance(found, str):
                self._test(webhook, found, by)
            elif self._deliver(webhook, found, by):
                taken += 1
        return taken

    def _next(self, tx: Tx, webhook: Webhook, owned: Owned, by: str) -> Selected | NothingNow | str:
        """Return the next change, or the id of a test event, which no pause holds up."""
        if webhook.test_id is not None:
            return webhook.test_id
        now = self.clock()
        if is_paused(webhook, now):
            return NothingNow(again=False)

        def allowed(number: str) -> bool:
            return owned.client.allows_agency(self.agency_of(number))

        return select(tx, webhook, by=by, allowed=allowed, now=now)

    def _deliver(self, webhook: Webhook, selected: Selected, by: str) -> bool:
        with self.store.read() as tx:
            state = reading.state_of(tx)
        failure = self._send(webhook, events.of_change(selected.change, state))
        with self.store.write() as tx:
            if failure is None:
                return self._taken(tx, webhook, selected, by)
            self._failed(tx, webhook, selected, failure, by)
        return False

    def _test(self, webhook: Webhook, test_id: str, by: str) -> None:
        failure = self._send(webhook, events.of_test(test_id, self.clock()))
        code = failure.code if failure else ""
        with self.store.write() as tx:
            values = {"test_id": None, "tested_at": self.clock(), "test_code": code}
            if failure is None:  # it takes events again: no need to wait for the pause's end
                values["paused_until"] = None
            addresses.record(tx, webhook.id, by=by, values=values)

    def _send(self, webhook: Webhook, event: WebhookEvent) -> DeliveryFailure | None:
        """Make one call; return why the address has not taken the event, None where it has."""
        try:
            secrets = self.secrets.of(webhook.id)
            headers = signing.headers(event.id, event.body, at=self.clock(), secrets=secrets)
            self.sender.send(webhook.url, headers=headers, body=event.body)
        except NoSecret as error:
            return NotAttempted("webhook_secret", str(error))
        except DeliveryFailure as error:
            return error
        return None

    def _taken(self, tx: Tx, webhook: Webhook, selected: Selected, by: str) -> bool:
        now = self.clock()
        self._circuits.pop(webhook.id, None)
        values: dict[str, Any] = {"last_success_at": now, "failing_since": None}
        values |= {"openings": 0, "paused_until": None, **selected.passed}
        if not addresses.record(tx, webhook.id, by=by, values=values):
            return False
        if selected.waited is not None:
            waiting.remove(tx, webhook.id, selected.change.position)
        if webhook.openings:
            waiting.hasten(tx, webhook.id, now=now)
            log.info(Event.WEBHOOK_RECOVERED, detail=webhook.id)
        return True

    def _failed(
        self, tx: Tx, webhook: Webhook, selected: Selected, failure: DeliveryFailure, by: str
    ) -> None:
        now = self.clock()
        signal = circuits.classify(failure)
        of_address = signal in (Signal.LINE, Signal.DENIED) or failure.code in _OF_ADDRESS
        after = circuits.failed(
            self._circuit(webhook, now),
            pace.CIRCUIT,
            now=now,
            draw=random.random(),  # noqa: S311 - jitter
            code=failure.code,
            dossier="" if of_address else selected.change.number,
            at_least=failure.retry_after,
            at_once=of_address,
        )
        self._circuits[webhook.id] = after
        values: dict[str, Any] = {"last_failure_at": now, "last_code": failure.code}
        values["last_detail"] = failure.detail[:200]
        values["failing_since"] = webhook.failing_since or now
        if after.phase is Phase.OPEN:
            values |= {"openings": after.trip_count, "paused_until": after.until}
        if not of_address:
            values |= selected.passed
        if not addresses.record(tx, webhook.id, by=by, values=values):
            return
        if not of_address:
            attempts = selected.waited.attempts + 1 if selected.waited else 1
            wait = pace.wait_after(attempts, random.random(), at_least=failure.retry_after)  # noqa: S311
            kept = failed(selected, code=failure.code, now=now, next_attempt_at=now + wait)
            waiting.keep(tx, webhook.id, kept)
        if webhook.failing_since is None or after.phase is Phase.OPEN:
            log.warning(Event.WEBHOOK_FAILED, code=failure.code, detail=webhook.id)

    def _circuit(self, webhook: Webhook, now: datetime) -> Circuit:
        """Return the circuit of an address: what is open stands in the database."""
        if webhook.openings:
            since = webhook.failing_since or now
            return Circuit(phase=Phase.HALF_OPEN, trip_count=webhook.openings, since=since)
        known = self._circuits.get(webhook.id, Circuit())
        return known if known.phase is Phase.CLOSED else Circuit()
