"""Receive: takes messages for the records from the broker and handles each of them once.

A batch is one transaction: mark the messages handled, run the handler on those that were not
handled before, store what it says; then acknowledge. When a batch fails, its messages are handled
one by one, so a poisonous one falls out alone: parked when it breaks the contract, given back to
the broker when our own code failed, and parked when that has failed on it `TRIES` times.

A message that comes again and again may be one of which the process dies. It is handled alone,
marked before; when the process has died of it alone as well, it is parked and not looked at again.
A stop is no death: who has to leave a lone try without a result withdraws its mark.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from hub.exchange.isolation.poison_guard import PoisonGuard
from hub.exchange.outbox.emit import emit
from hub.messages import catalog, queues
from hub.messages.envelope import Message, decode
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import Payload
from hub.ports import Broker, BrokerUnavailable, Clock, Consumer, ConsumerLost, Incoming
from hub.rules.failures.error_summary import describe_error
from hub.rules.failures.errors import EarlyMessage
from hub.runtime import tracing
from hub.runtime.failpoints import Point, passing
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store, Tx, is_away, is_full
from hub.store.messages import journal, outbox
from hub.store.records import early_messages
from hub.texts import both

TRIES = 10
"""Deliveries after which a message that our own code fails on is parked. The broker would bury it
after one more (its delivery limit), and it would be asked for again, without end."""
Handler = Callable[[Tx, Message, Payload], Iterable[Message]]
"""Message in, messages out, inside the given transaction. Raises InvalidMessage or EarlyMessage."""

Together = Callable[[Tx, Sequence[Message]], AbstractContextManager[None]]
"""Lets a handler read and write for many messages at once; what it raises fails the batch."""


class ReadableMessage(NamedTuple):
    """A message from the queue whose envelope could be read."""

    incoming: Incoming
    entry: journal.JournalEntry


class Receive(Role):
    """Handles the queue of the records."""

    name = "receive"
    patience = 120.0
    last_word_within = 2.0

    def __init__(
        self,
        store: Store,
        broker: Broker,
        handler: Handler,
        *,
        clock: Clock,
        on_commit: Callable[[], None] = lambda: None,
        batch: int = 400,
        markers: Path | None = None,
        together: Together = lambda _tx, _messages: nullcontext(),
    ) -> None:
        """`markers`: the folder for what the store cannot be told at a stop.

        `together`: is around the handling of several messages in one transaction.
        """
        super().__init__()
        self.store = store
        self.broker = broker
        self.handler = handler
        self.clock = clock
        self.on_commit = on_commit
        self.batch = batch
        self.together = together
        self.poison_guard = PoisonGuard(self, store, counted=broker.durable, markers=markers)
        self._consumer: Consumer | None = None

    def request_stop(self) -> None:
        super().request_stop()
        if self._consumer is not None:
            self._consumer.wake()

    def last_word(self) -> None:
        """What is handled alone may wait for a lock: it ends with the process, which lives."""
        self.poison_guard.withdraw()

    def run(self) -> None:
        retry_while_unavailable(self, self.poison_guard.load)
        self._consumer = self.broker.consumer(queues.INGEST, prefetch=self.batch * 2)
        try:
            while not self.stopping.is_set():
                self.beat()
                try:
                    batch = self._consumer.receive(self.batch, wait=timedelta(seconds=5))
                    if batch:
                        self.handle(self._consumer, batch)
                except ConsumerLost as error:
                    log.warning(Event.BROKER_LOST, role=self.name, error=str(error))
                except BrokerUnavailable as error:
                    log.warning(Event.BROKER_LOST, role=self.name, error=str(error))
                    self.stopping.wait(0.2)
        finally:
            self._consumer.close()

    def handle(self, consumer: Consumer, batch: Sequence[Incoming]) -> None:
        """Handle a batch, in its order, and settle it with the broker."""
        for suspected, run in groupby(batch, key=self.poison_guard.needs_isolation):
            if not suspected:
                self._handle_together(consumer, list(run))
                continue
            self._handle_isolated(consumer, list(run))
            if self.stopping.is_set():
                return  # nothing overtakes what was left

    def _handle_together(self, consumer: Consumer, batch: Sequence[Incoming]) -> None:
        readable, finished = [], []
        for incoming in batch:
            try:
                entry = journal.JournalEntry(decode(incoming.body), incoming.body)
                readable.append(ReadableMessage(incoming, entry))
            except InvalidMessage as error:
                retry_while_unavailable(self, partial(self._park_or_reject, incoming, error))
                finished.append(incoming)
        begun = self.clock()
        try:
            with self.store.write() as tx:
                self.apply(tx, [item.entry for item in readable])
            self._trace(readable, begun)
            finished = list(batch)
        except Exception as error:
            # Every message is slower from here on, so that must not stay unseen.
            log.warning(
                Event.BATCH_FAILED, role=self.name, count=len(batch), error=describe_error(error)
            )
            if not self._store_is_back():
                return  # stopping: what was not settled comes again
            finished += [item.incoming for item in readable if self._alone(consumer, item)]
        passing(Point.RECEIVE_AFTER_COMMIT)
        self.on_commit()
        consumer.ack(finished)

    def _handle_isolated(self, consumer: Consumer, batch: Sequence[Incoming]) -> None:
        """Handle each alone, marked, so that only the one of which the process dies is blamed."""
        log.warning(Event.POISON_SUSPECTED, role=self.name, count=len(batch))
        for incoming in batch:
            if self.stopping.is_set():
                return  # what was not begun comes again; no try may outlast the stop
            self.beat()
            ended = self.poison_guard.handle_alone(
                incoming,
                partial(self._read_alone, consumer, incoming),
                give_up=partial(self._park_poison, incoming),
            )
            if not ended:
                continue
            passing(Point.RECEIVE_AFTER_COMMIT)
            self.on_commit()
            # At once: what the next one kills must not bring this one back.
            consumer.ack([incoming])

    def _read_alone(self, consumer: Consumer, incoming: Incoming) -> bool:
        """Read and handle one message; tell whether there is a result.

        Reading it may be what ends the process.
        """
        try:
            entry = journal.JournalEntry(decode(incoming.body), incoming.body)
        except InvalidMessage as error:
            retry_while_unavailable(self, partial(self._park_or_reject, incoming, error))
            return True
        return self._alone(consumer, ReadableMessage(incoming, entry))

    def _park_poison(self, incoming: Incoming, deaths: int) -> None:
        """Park a message without reading it, where the journal has it; the mark stays."""
        id, where = incoming.message_id, "process"
        why = both("deliveries.handler_killed", count=deaths).stored()
        details = {"code": "handler_killed", "where": where}
        with self.store.write() as tx:
            if journal.park_unreadable(
                tx,
                id,
                incoming.body,
                now=self.clock(),
                code="handler_killed",
                reason=f"{where}: {why}",
            ):
                log.error(Event.MESSAGE_PARKED, message_id=id, **details)
                return
        try:
            entry = journal.JournalEntry(decode(incoming.body), incoming.body)
        except InvalidMessage as error:
            self._park_or_reject(incoming, error)
        else:
            self._park(entry, why=why, **details)

    def apply(self, tx: Tx, entries: Sequence[journal.JournalEntry]) -> None:
        """Handle the entries that were not handled before, inside one transaction."""
        now = self.clock()
        fresh = journal.mark_handled(tx, entries, now) if entries else set()
        mine: dict[str, Message] = {}  # the same message may be twice in one batch
        for entry in entries:
            if entry.message.id in fresh:
                mine.setdefault(entry.message.id, entry.message)
        messages = list(mine.values())
        emitted: list[Message] = []
        with self.together(tx, messages) if len(messages) > 1 else nullcontext():
            for message in messages:
                emitted.extend(self.handler(tx, message, catalog.read(message)))
        emit(tx, emitted, now)

    def _store_is_back(self) -> bool:
        """Wait for as long as the store is away; tell whether it is there.

        While it is away no message is at fault: failing them would use up their delivery limit
        within seconds, and what was accepted would end among the dead letters.
        """
        try:
            retry_while_unavailable(self, self._knock)
        except Exception as error:
            return not is_away(error)
        return True

    def _knock(self) -> None:
        with self.store.write():
            pass

    def _is_outage(self, error: Exception) -> bool:
        """Tell an outage of the store from a message that it cannot take; waits for its end."""
        if not is_away(error):
            return False
        if is_full(error):
            # Knocking needs no room, so only doing it again tells.
            return not self.stopping.wait(self.crash_pause)
        try:
            self._knock()
        except Exception as again:
            return is_away(again) and self._store_is_back()
        return False

    def _alone(self, consumer: Consumer, item: ReadableMessage) -> bool:
        """Handle one message in its own transaction; tell whether it may be acknowledged."""
        message = item.entry.message
        while True:
            try:
                begun = self.clock()
                self.handle_one(item.entry)
                self._trace([item], begun)
                return True
            except Exception as error:
                if self._is_outage(error):
                    continue
                failed = error
            if self.stopping.is_set() and is_away(failed):
                return False  # not settled: it comes again
            # Our own fault, not the message's: the broker gives it again. The pause keeps a short
            # outage of the store from using all tries up at once.
            log.error(Event.HANDLER_CRASHED, message_id=message.id, error=describe_error(failed))
            # It failed, but nobody died of it; before it is given to the next one.
            self.poison_guard.end()
            self.stopping.wait(self.crash_pause)
            used_up = item.incoming.delivery_count + 1 >= TRIES and not is_away(failed)
            if used_up and self._give_up(item.entry, failed):
                return True
            consumer.fail(item.incoming)
            return False

    def _trace(self, handled: Sequence[ReadableMessage], begun: datetime) -> None:
        if tracing.is_on():
            headers = {item.entry.message.id: item.incoming.headers for item in handled}
            messages = [item.entry.message for item in handled]
            tracing.handled(messages, headers, since=begun, until=self.clock())

    def _give_up(self, entry: journal.JournalEntry, failed: Exception) -> bool:
        """Park a message that our own code fails on; tell whether that could be written."""
        try:
            self._park(entry, code="handler_failed", where="handler", why=describe_error(failed))
        except Exception as error:
            log.error(
                Event.HANDLER_CRASHED, message_id=entry.message.id, error=describe_error(error)
            )
            return False
        return True

    def handle_one(self, entry: journal.JournalEntry) -> None:
        """Handle one message, keep it as early, or park it, in a transaction of its own."""
        message = entry.message
        try:
            with self.store.write() as tx:
                self.apply(tx, [entry])
        except EarlyMessage:
            log.info(Event.MESSAGE_EARLY, message_id=message.id, message_type=message.type)
            with self.store.write() as tx:
                early_messages.keep(tx, entry, self.clock())
        except InvalidMessage as error:
            self._park(entry, code=error.code, where=error.where, why=error.why)

    def _park(self, entry: journal.JournalEntry, *, code: str, where: str, why: str) -> None:
        log.warning(
            Event.MESSAGE_PARKED,
            message_id=entry.message.id,
            message_type=entry.message.type,
            code=code,
            where=where,
        )
        with self.store.write() as tx:
            journal.park(tx, entry, self.clock(), code=code, reason=f"{where}: {why}")

    def _park_or_reject(self, incoming: Incoming, error: InvalidMessage) -> None:
        """Keep bytes that are no message, exactly as they came.

        Those that were accepted are parked where they are; else they would be asked for again and
        again. All others go to the queue for invalid ones.
        """
        id, code, reason = incoming.message_id, error.code, f"{error.where}: {error.why}"
        log.warning(Event.MESSAGE_PARKED, queue=queues.INGEST, code=code, where=error.where)
        row = outbox.ToPublish(queues.INVALID, id, f"invalid.{code}", incoming.body)
        with self.store.write() as tx:
            if not journal.park_unreadable(
                tx, id, incoming.body, now=self.clock(), code=code, reason=reason
            ):
                outbox.put(tx, [row])
