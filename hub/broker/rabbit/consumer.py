"""Takes batches from one queue.

Promises that what is handed out is settled on the connection that it came through or not at all,
that a consumer which the broker took away is noticed and told once (ConsumerLost), that heartbeats
go on while the owner works, because the link has a thread of its own, and that being alive means
progress: when nothing comes for a while, it asks the broker. That no message comes is no proof of
an empty queue.

Traps of RabbitMQ: delivery tags count per channel, so an acknowledgement on another channel settles
somebody else's message; one unknown tag ends the channel; a cancelled consumer leaves channel and
connection open and looks like an empty queue.
"""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from hub.broker.rabbit.depth import query_depth
from hub.broker.rabbit.dialer import BrokerDialer, NotYet
from hub.broker.rabbit.link import CLOSE_WITHIN, Link
from hub.broker.rabbit.target import Target
from hub.ports import BrokerUnavailable, ConsumerLost, Incoming

ANSWER_WITHIN = timedelta(seconds=3)
AGAIN_AFTER = 0.2
"""Of the patience with a silent queue: how soon a first doubt is looked into again."""


class _Session:
    """One channel with one consumer. Writes `arrived`, on the link's thread; the owner empties it.

    The prefetch is the limit of `arrived` and of what was handed out, together.
    """

    def __init__(self, number: int, queue: str, prefetch: int) -> None:
        self.number = number
        self.arrived: deque[tuple[Any, Any, bytes]] = deque()
        self.unacknowledged: dict[int, None] = {}
        """Tags that were handed out, oldest first. The owner's thread only."""
        self._queue = queue
        self._prefetch = prefetch
        self.doubtful = False
        """There were messages in the queue, and none came."""
        self._owner_notified = False
        self._tags: list[str] = []
        """Consumers on the channel; their prefetches add up."""
        self._rounds = 0
        """How often all of them were ended: what was begun before that must not come after it."""
        self._link: Link
        self.channel: Any

    def begin(self, link: Link, channel: Any) -> None:
        """Set the prefetch and start consuming."""
        self._link, self.channel = link, channel
        channel.add_on_cancel_callback(
            lambda _frame: link.fail(f"the broker cancelled the consumer of {self._queue}")
        )

        if self._prefetch:
            self._consume(self._prefetch, link.ready)
        else:
            link.ready()

    def _consume(self, prefetch: int, then: Callable[[], None]) -> None:
        rounds = self._rounds

        def consume(_frame: Any) -> None:
            if rounds != self._rounds:
                return
            tag = self.channel.basic_consume(
                self._queue, self._on_delivery, callback=lambda _frame: then()
            )
            self._tags.append(tag)

        self.channel.basic_qos(prefetch_count=prefetch, callback=consume)

    def change(self, prefetch: int) -> None:
        """Take more through one more consumer, or less by beginning anew.

        A quorum queue knows no prefetch of a whole channel, and that of a consumer is fixed. More
        is one consumer more, because cancelling costs: what is on its way then is rejected by pika,
        which counts as a failed delivery.
        """
        before, self._prefetch = self._prefetch, prefetch
        if not self.channel.is_open:
            return
        if prefetch > before:
            self._consume(prefetch - before, lambda: None)
        elif prefetch < before:
            self._cancel()
            if prefetch:
                self._consume(prefetch, lambda: None)

    def _cancel(self, then: Callable[[], None] = lambda: None) -> None:
        """End every consumer, then give back what nobody has looked at yet."""
        tags, self._tags = self._tags, []
        self._rounds += 1

        def give_back(_frame: Any) -> None:
            # The owner may take from it at this moment: each message goes to one of the two.
            with contextlib.suppress(IndexError):
                while True:
                    method, _, _ = self.arrived.popleft()
                    self.channel.basic_nack(method.delivery_tag, multiple=False, requeue=True)
            then()

        for tag in tags[:-1]:
            self.channel.basic_cancel(tag)
        if tags:
            self.channel.basic_cancel(tags[-1], callback=give_back)
        else:
            then()

    def _on_delivery(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        self.arrived.append((method, properties, body))
        # The owner is woken once for all that one read from the socket brought, not for each
        # message: the two threads would only fight for the interpreter's lock.
        if not self._owner_notified:
            self._owner_notified = True
            self._link.submit(self._notify_owner)

    def _notify_owner(self) -> None:
        self._owner_notified = False
        self._link.notify()

    def end(self) -> None:
        """Give everything back and close.

        What nobody has looked at yet is given back by nack: from 4.3 on that does not count
        towards the delivery limit, while a closed connection does. First no new ones: what is
        given back would come again at once.
        """
        if self.channel.is_open:
            self._cancel(then=self._link.discard)
        else:
            self._link.discard()


class RabbitConsumer:
    """See `hub.ports.Consumer`; belongs to one thread, except for `wake`."""

    def __init__(self, target: Target, queue: str, *, prefetch: int) -> None:
        self._dialer = BrokerDialer(
            target,
            lambda number: _Session(number, queue, self._prefetch),
            purpose=f"consumer of {queue}",
        )
        self._queue = queue
        self._prefetch = prefetch
        self._silent_at_most = target.silent_at_most.total_seconds()
        self._heard_at = time.monotonic()
        self._current: tuple[Link, _Session] | None = None

    def receive(self, limit: int, *, wait: timedelta) -> list[Incoming]:
        """Return what is there, at most `limit`, waiting up to `wait` for the first one.

        Connecting is part of the wait. A queue that does not exist is BrokerUnavailable.
        """
        deadline = time.monotonic() + wait.total_seconds()
        try:
            link, session = self._current or self._connect(wait)
            self._wait(link, session, deadline)
            if session.arrived or session.unacknowledged:
                self._heard_at = time.monotonic()
            elif self._prefetch and not (link.lost or self._dialer.woken.is_set()):
                self._doubt(link, session)
        except NotYet:
            return []
        except BrokerUnavailable:
            if self._dialer.woken.is_set():
                return []
            raise
        finally:
            self._dialer.woken.clear()
        if link.lost:
            self._current = None
            self._dialer.drop()
            raise ConsumerLost(link.lost)
        taken: list[Incoming] = []
        if not self._prefetch:
            return taken
        with contextlib.suppress(IndexError):  # the link may be giving back at this moment
            while len(taken) < limit:
                taken.append(_incoming(session))
        return taken

    def _wait(self, link: Link, session: _Session, deadline: float) -> None:
        """Wait until a message has arrived, the link is lost or somebody wakes the consumer."""
        with self._dialer.changed:
            self._dialer.changed.wait_for(
                lambda: (
                    (session.arrived and self._prefetch) or link.lost or self._dialer.woken.is_set()
                ),
                max(0.0, deadline - time.monotonic()),
            )

    def set_prefetch(self, prefetch: int) -> None:
        """Go on with another prefetch; 0 takes nothing more."""
        if prefetch == self._prefetch:
            return
        self._prefetch = prefetch
        self._heard_at = time.monotonic()
        if self._current is not None:
            link, session = self._current
            link.submit(lambda: session.change(prefetch))

    def _doubt(self, link: Link, session: _Session) -> None:
        """After a long time without a message, ask the broker.

        The line may be dead, or the broker may have forgotten us.
        """
        if time.monotonic() - self._heard_at < self._silent_at_most:
            return
        depth = query_depth(
            link,
            session.channel,
            self._queue,
            changed=self._dialer.changed,
            within=ANSWER_WITHIN,
            give_up=self._dialer.woken.is_set,
        )
        if self._dialer.woken.is_set():
            return
        self._heard_at = time.monotonic()
        if depth is None:
            link.fail("the broker is silent")
        elif depth == 0 or session.arrived:
            session.doubtful = False
        elif session.doubtful:
            link.fail(f"{depth} messages are in {self._queue}, and none comes")
        else:
            # Once may be chance: they were put there at this moment. So it looks again soon.
            session.doubtful = True
            self._heard_at -= self._silent_at_most * (1 - AGAIN_AFTER)

    def _connect(self, limit: timedelta) -> tuple[Link, _Session]:
        self._current = self._dialer.up(limit)
        self._heard_at = time.monotonic()
        return self._current

    def ack(self, messages: Iterable[Incoming]) -> None:
        """Acknowledge: one `multiple` for the oldest in a row, single ones for the rest."""
        tags = [message.tag for message in messages if self._holds(message)]
        if not tags or self._current is None:
            return
        link, session = self._current
        wanted = set(tags)
        upto = 0
        for tag in session.unacknowledged:
            if tag not in wanted:
                break
            upto = tag
        single = [tag for tag in sorted(wanted) if tag > upto]
        for tag in wanted:
            del session.unacknowledged[tag]

        def acknowledge() -> None:
            if not session.channel.is_open:
                return
            if upto:
                session.channel.basic_ack(upto, multiple=True)
            for tag in single:
                session.channel.basic_ack(tag)

        link.submit(acknowledge)

    # Trap: from 4.3 on a reject counts towards the delivery limit and a nack does not; before, both
    # do. So a failure is always told by reject, and what is merely given back by nack.

    def reject(self, message: Incoming) -> None:
        """Failed for good: to the dead-letter queue."""
        self._acknowledge(message, lambda channel, tag: channel.basic_reject(tag, requeue=False))

    def fail(self, message: Incoming) -> None:
        """Failed this time: again, up to the delivery limit."""
        self._acknowledge(message, lambda channel, tag: channel.basic_reject(tag, requeue=True))

    def _acknowledge(self, message: Incoming, word: Callable[[Any, int], None]) -> None:
        if self._current is None or not self._holds(message):
            return
        link, session = self._current
        del session.unacknowledged[message.tag]

        def acknowledge() -> None:
            if session.channel.is_open:
                word(session.channel, message.tag)

        link.submit(acknowledge)

    def _holds(self, message: Incoming) -> bool:
        if self._current is None:
            return False
        session = self._current[1]
        return message.session == session.number and message.tag in session.unacknowledged

    def wake(self) -> None:
        """Make a waiting `receive` return; any thread may call it."""
        self._dialer.woken.set()
        with self._dialer.changed:
            self._dialer.changed.notify_all()

    def close(self) -> None:
        """Give everything unacknowledged back and close; safe to call twice."""
        current, self._current = self._current, None
        if current is not None:
            link, session = current
            link.submit(session.end)
            link.await_end(CLOSE_WITHIN)
        self._dialer.close()


def _incoming(session: _Session) -> Incoming:
    method, properties, body = session.arrived.popleft()
    session.unacknowledged[method.delivery_tag] = None
    headers = properties.headers or {}
    return Incoming(
        tag=method.delivery_tag,
        session=session.number,
        body=body,
        message_id=properties.message_id or "",
        type=properties.type or "",
        redelivered=method.redelivered,
        delivery_count=headers.get("x-delivery-count", 0),
        headers=headers,
    )
