"""Sends the stored messages of alerts: at least once, under the same key, again after a failure.

A message is written down as sent after its channel has taken it, so a process that dies between
sends it again under the same key. What no channel took for a day is given up: by then it is no news
any more, and the incident is told again as long as it is open.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from hub.ports import Clock
from hub.ports.alerts import AlertChannel, ChannelFailed
from hub.rules.calls.backoff import doubled
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log
from hub.store.alerts import messages
from hub.store.alerts.messages import KeptMessage, Receivers
from hub.store.engine.store import Store, Tx

PAUSE = 5.0
"""Seconds between two looks for what is due; what was stored just now wakes the role."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)
GIVEN_UP_AFTER = timedelta(days=1)
NO_CHANNEL = "channel_missing"


def attempt(
    channels: Mapping[str, AlertChannel], it: KeptMessage, clock: Clock
) -> ChannelFailed | None:
    """Make one attempt; return why the channel did not take the message, None where it did."""
    channel = channels.get(it.channel)
    if channel is None:
        return ChannelFailed(NO_CHANNEL)
    try:
        channel.send(key=it.key, subject=it.subject, body=it.body, at=clock())
    except ChannelFailed as failure:
        log.warning(Event.ALERT_FAILED, where=it.channel, code=failure.code, detail=failure.detail)
        return failure
    log.info(Event.ALERT_SENT, where=it.channel, detail=it.incidents)
    return None


def next_attempt(it: KeptMessage, failure: ChannelFailed, now: datetime) -> datetime | None:
    """Return when to send a message again after a failure, None where it is given up."""
    no_use = failure.in_part or failure.code == NO_CHANNEL
    if no_use or now - it.made_at > GIVEN_UP_AFTER:
        return None
    return now + doubled(FIRST_WAIT, it.attempts, longest=LONGEST_WAIT)


class AlertSending(Role):
    """Sends what is due to one channel, one message after another.

    Each channel has a role of its own, so that a service that hangs holds up no other channel.
    """

    patience = 300.0
    """A server that answers each step of the exchange late."""
    stop_within = 30.0

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, AlertChannel],
        *,
        clock: Clock,
        channel: str = "",
    ) -> None:
        """`channel`: the one that it sends to; "": gives up what goes to no channel any more."""
        super().__init__()
        self.name = f"alerts.sending.{channel or NO_CHANNEL}"
        self.store = store
        self.channels = channels
        self.clock = clock
        self._to = Receivers(channel, tuple(channels))
        self._by = uuid.uuid4().hex

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            retry_while_unavailable(self, self.run_once)
            self.wakeup.wait(PAUSE)

    def run_once(self) -> int:
        """Send what is due now; return how many messages were taken."""
        with self.store.read() as tx:
            if not messages.some_wait(tx, self._to):
                return 0
        taken = 0
        while not self.stopping.is_set():
            self.beat()
            with self.store.write() as tx:
                it = messages.claim_due(tx, self._to, by=self._by, now=self.clock())
            if it is None:
                break
            failure = attempt(self.channels, it, self.clock)
            with self.store.write() as tx:
                self._record_outcome(tx, it, failure)
            taken += failure is None
        return taken

    def _record_outcome(self, tx: Tx, it: KeptMessage, failure: ChannelFailed | None) -> None:
        now = self.clock()
        if failure is None:
            messages.sent(tx, it.key, now=now)
            return
        again = next_attempt(it, failure, now)
        messages.failed(tx, it.key, code=failure.code, detail=failure.detail, again_at=again)
