"""Whose the broker's queues are: a mark at the broker names the store of the hub that works there.

Promises that of two hubs with different stores only the first one gets the queues of a virtual
host, also when both ask in the same moment, and that a hub that is refused is told whose they are.
It does not tell two copies of one store apart.

The mark is a durable exchange that nobody publishes to; the store's id is its argument. Why?
A broker refuses to declare an exchange again with another argument and names the present one, so
one declaration compares and sets. That needs no management plugin, no message that could be taken
away and no leader, and is the same from 3.10 to 4.x. An exchange's argument never changes: only
deleting the exchange does, which `take_over` does.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pika.exceptions import AMQPError, ChannelClosedByBroker

from hub.broker.admin.declare import MISSING, REFUSED, open_blocking
from hub.broker.rabbit.target import Target
from hub.broker.topology import TOPOLOGY
from hub.ports import BrokerUnavailable
from hub.texts import text

MARK = "hub.owner"
_ARGUMENT = "alternate-exchange"
"""The one argument of an exchange that a broker compares. No exchange of that name is needed."""
_PREFIX = "hub."
"""Before the id, so that the rights of a narrow account need no other names."""
_NOBODY = "-"
_OTHERWISE = 406
"""AMQP: there with another argument."""


class OwnedByAnother(Exception):
    """The queues belong to another store's hub."""

    def __init__(self, owner: str) -> None:
        super().__init__(text("broker_checks.owned", own=owner))
        self.owner = owner


class MayNotMark(Exception):
    """The account may not configure the mark, so nobody can tell whose the queues are."""


class StillConsumed(Exception):
    """Another process still consumes from the queues; the text names them."""


def owner(broker_url: str, *, own: str = "") -> str:
    """Return the id of the store whose hub owns the queues, "" without a mark.

    `own` is known again also where the broker's answer is cut before it names the owner: that
    happens in a virtual host with a long name. Changes nothing. Raises BrokerUnavailable and
    MayNotMark.
    """
    with _connected(broker_url) as connection:
        return _owner(connection, own)


def claim(broker_url: str, store_id: str) -> None:
    """Mark the queues as the store's; does nothing where they are its already.

    Raises OwnedByAnother, BrokerUnavailable and MayNotMark.
    """
    with _connected(broker_url) as connection:
        try:
            _declare(connection, store_id)
        except ChannelClosedByBroker as error:
            if error.reply_code != _OTHERWISE:
                raise
            # Asked once more, because the answer may be cut at 255 bytes: ours is short now.
            raise OwnedByAnother(_owner(connection)) from None


def take_over(broker_url: str, store_id: str) -> str:
    """Give the queues to the store; return the id of the one before, "" without a mark.

    Raises StillConsumed and BrokerUnavailable.
    """
    with _connected(broker_url) as connection:
        consumed = [queue.name for queue in TOPOLOGY.queues if _consumers(connection, queue.name)]
        if consumed:
            raise StillConsumed(", ".join(consumed))
        before = _owner(connection, store_id)
        if before != store_id:
            connection.channel().exchange_delete(MARK)
            _declare(connection, store_id)
        return before


def _owner(connection: Any, own: str = "") -> str:
    try:
        # First passively: what is missing must not be made by asking.
        connection.channel().exchange_declare(MARK, passive=True)
    except ChannelClosedByBroker as error:
        if error.reply_code == MISSING:
            return ""
        raise
    refused = ""
    for candidate in (own, _NOBODY) if own else (_NOBODY,):
        try:
            _declare(connection, candidate)
        except ChannelClosedByBroker as error:
            if error.reply_code != _OTHERWISE:
                raise
            refused = error.reply_text
        else:
            return candidate
    named = re.search(r"but current is (?:the value )?'hub\.([^']+)'", refused)
    return named[1] if named else f"(unknown: {refused[:200]})"


def _declare(connection: Any, store_id: str) -> None:
    named = {_ARGUMENT: f"{_PREFIX}{store_id}"}
    try:
        connection.channel().exchange_declare(
            MARK, "fanout", durable=True, internal=True, arguments=named
        )
    except ChannelClosedByBroker as error:
        if error.reply_code == REFUSED:
            raise MayNotMark(error.reply_text[:200]) from None
        raise


def _consumers(connection: Any, queue: str) -> int:
    try:
        answer = connection.channel().queue_declare(queue, passive=True)
    except ChannelClosedByBroker as error:
        if error.reply_code == MISSING:
            return 0
        raise
    return int(answer.method.consumer_count)


@contextmanager
def _connected(broker_url: str) -> Iterator[Any]:
    connection = open_blocking(Target.parse(broker_url), "ownership")
    try:
        yield connection
    except (AMQPError, OSError) as error:
        reason = f"{type(error).__name__}: {error}"[:300]
        raise BrokerUnavailable(f"ownership: {reason}") from error
    finally:
        if connection.is_open:
            connection.close()
