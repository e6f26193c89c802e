"""The relay: publishes what stands in the outbox, confirmed, and forgets it then.

It never gives up and loses nothing: a row goes only after the broker confirmed it. What stays
unconfirmed is published again with the same message id, which its readers do not mind. For the
same reason SQLite's rows may go a little later, many at once: on the way of a message a commit for
forgetting it would only hold up the others.

Order is not promised. One relay reads from the oldest row on, so messages mostly arrive in the
order in which they were written; but what was refused or unconfirmed comes again behind younger
ones, and the batches of several relays overtake one another. What needs an order keeps it
elsewhere: a delivery by its lane, a message of the records by `early`, the guard of the status and
the numbers of the town's steps.

On PostgreSQL the rows are locked while they are published, so nothing else is done in that
transaction: a connection is made before it, and pauses come after it. The wait for confirms must
stay far below `connection_watchdog.LONGEST_PAUSE`, after which the server ends the session.
"""

from contextlib import AbstractContextManager
from datetime import timedelta

from hub.messages import queues
from hub.messages.envelope import decode_stored
from hub.messages.invalid import InvalidMessage
from hub.ports import Broker, BrokerUnavailable, Confirm, Outgoing, Publisher
from hub.runtime import tracing
from hub.runtime.failpoints import Point, passing
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log
from hub.store.engine.outbox_listener import OutboxListener
from hub.store.engine.store import Store, Tx
from hub.store.messages import outbox

TURNED_AWAY = frozenset({Confirm.UNROUTABLE, Confirm.REFUSED})
CONFIRM_WITHIN = timedelta(seconds=5)
"""A queue whose leader died may owe a confirm for ever; the exchange goes on within 10 s."""
CONNECT_WITHIN = CONFIRM_WITHIN / 2
BROKER_AWAY_PAUSE = 0.2
"""Seconds after a connection that could not be made."""
FORGET_AT = 2_000
"""Published rows that are forgotten at the latest: at most so many are published twice."""
FORGET_AFTER = 0.2
"""Seconds without a wake-up after which published rows are forgotten."""


class Relay(Role):
    """Empties the outbox into the broker."""

    name = "relay"
    patience = 60.0

    def __init__(
        self,
        store: Store,
        broker: Broker,
        *,
        batch: int = 500,
        poll: float = 1.0,
        listens: bool = False,
    ) -> None:
        super().__init__()
        self.store = store
        self.broker = broker
        self.batch = batch
        self.poll = poll
        """Seconds between looks when nobody wakes it (another process may have written)."""
        self.listens = listens
        """Whether PostgreSQL notifies it of what other processes have written."""
        self._after = 0
        """Behind which row to go on reading."""
        self._passed_over = False
        """Rows before that one wait: a queue that takes nothing must not stop the others."""
        self._confirmed: list[int] = []
        """Rows that the broker took and that are not forgotten yet."""

    def run(self) -> None:
        publisher = self.broker.publisher()
        listener = OutboxListener(self.store, self.wakeup.wake) if self.listens else None
        if listener:
            listener.start()
        try:
            while not self.stopping.is_set():
                self.beat()
                published = retry_while_unavailable(self, lambda: self.publish_some(publisher))
                if not published and not self._passed_over:
                    self._rest()
        finally:
            if listener:
                listener.stop()
            publisher.close()
            self.forget()

    def publish_some(self, publisher: Publisher) -> int:
        """Publish one batch; return how many rows the broker took."""
        if not publisher.ready and not self._connect(publisher):
            return 0
        with self._hand() as tx:
            rows = outbox.head(tx, self.batch, after=self._after)
            outcomes = self._publish(publisher, rows) if rows else []
            if rows:  # an empty look leaves nothing half done
                passing(Point.RELAY_AFTER_PUBLISH)
            done = [
                row.seq
                for row, outcome in zip(rows, outcomes, strict=True)
                if outcome is Confirm.CONFIRMED
            ]
            if self.store.name == "postgresql":
                outbox.delete(tx, done)
            else:
                self._confirmed += done
        self._go_on(rows, outcomes)
        if len(done) < len(rows):
            self._report(outcomes)
        return len(done)

    def _connect(self, publisher: Publisher) -> bool:
        """Connect if there is anything to publish; False when there is and it cannot be."""
        with self.store.read() as tx:
            if not outbox.has_rows(tx, after=self._after):
                return True
        try:
            publisher.connect(within=CONNECT_WITHIN)
        except BrokerUnavailable as error:
            log.warning(Event.BROKER_LOST, role=self.name, error=str(error))
            self.stopping.wait(BROKER_AWAY_PAUSE)
            return False
        return True

    def forget(self) -> None:
        """Delete what the broker took."""
        if self._confirmed:
            with self.store.write() as tx:
                outbox.delete(tx, self._confirmed)
            self._confirmed = []

    def _go_on(self, rows: list[outbox.OutboxRow], outcomes: list[Confirm]) -> None:
        """Decide where to read on: behind what is done, or from the first row that is left."""
        left = any(outcome is not Confirm.CONFIRMED for outcome in outcomes)
        full = len(rows) == self.batch
        if full and set(outcomes) & TURNED_AWAY:
            self._after, self._passed_over = rows[-1].seq, True
        elif left or (self._passed_over and not full):
            self.forget()
            self._after, self._passed_over = 0, False
        elif rows and (self.store.name == "sqlite" or self._passed_over):
            self._after = rows[-1].seq
        if len(self._confirmed) >= FORGET_AT:
            self.forget()

    def _rest(self) -> None:
        """Wait for work; forget what was published once it is quiet."""
        if self._confirmed:
            if self.wakeup.wait(min(FORGET_AFTER, self.poll)):
                return
            self.forget()
        self.wakeup.wait(self.poll)

    def _hand(self) -> AbstractContextManager[Tx]:
        # On PostgreSQL the rows stay locked while they are published, so that relays of several
        # processes take different ones. SQLite has one relay, and a writer must not wait for it.
        return self.store.write() if self.store.name == "postgresql" else self.store.read()

    def _publish(self, publisher: Publisher, rows: list[outbox.OutboxRow]) -> list[Confirm]:
        traced = tracing.is_on()
        batch = [
            Outgoing(
                routing_key=r.queue,
                body=r.body,
                message_id=r.message_id,
                type=r.type,
                headers=_trace_of(r) if traced else {},
            )
            for r in rows
        ]
        try:
            return publisher.publish(batch, timeout=CONFIRM_WITHIN)
        except BrokerUnavailable as error:
            log.warning(Event.BROKER_LOST, role=self.name, error=str(error), count=len(rows))
            return [Confirm.UNCONFIRMED] * len(rows)

    def _report(self, outcomes: list[Confirm]) -> None:
        for kind in (Confirm.UNROUTABLE, Confirm.REFUSED, Confirm.UNCONFIRMED):
            if count := outcomes.count(kind):
                log.warning(Event.PUBLISH_INCOMPLETE, role=self.name, code=kind, count=count)
        self.stopping.wait(0.05)


def _trace_of(row: outbox.OutboxRow) -> dict[str, str | int]:
    """Return the trace context of a message; work about a delivery carries none, its row does."""
    if row.queue != queues.INGEST:
        return {}
    try:
        return tracing.amqp_headers(decode_stored(row.body))
    except InvalidMessage:
        return {}
