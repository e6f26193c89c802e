"""Repid: an actor's message each, many at once on the event loop, acknowledged after the actor.

Repid speaks AMQP 1.0. Its `send_message` settles what it sends beforehand, so nobody would learn
whether the broker took a message; its pool of senders, given `settled=False`, waits for the
broker's outcome, and that is what a confirm is here. Variant: `inline` stores on the event loop
itself (others wait for the disk), `threads` in a thread, and a number of worker processes.
"""

import asyncio
import multiprocessing
import signal
from functools import cache
from typing import Any

import pika
from repid import AmqpServer, Repid, Router, catch_all_routing_strategy
from repid.connections.amqp._uamqp import _encode
from repid.data import ConverterInputSchema

from tests.benchmarks.relay.assignment import assigned
from tests.benchmarks.relay.sides.work import Desk
from tests.benchmarks.stamps import stamp

HERE = assigned()
STORING, WORKERS = (HERE.variant or "inline 1").split()
AT_ONCE = 200


def encode_boolean(output: bytearray, value: bool, with_constructor: bool = True, **_: Any) -> None:
    """Write a boolean in AMQP's short form. RabbitMQ 3 does not know the other one in the role of a
    link, and ends the session of Repid as it comes."""
    output.extend((b"\x41" if value else b"\x42") if with_constructor else bytes([value]))


_encode._ENCODE_MAP["BOOL"] = encode_boolean


def address_of(queue: str) -> str:
    """Return the address of a queue that is there, in RabbitMQ 3's form."""
    return f"/amq/queue/{queue}"


class Raw:
    """Hands the actor the bytes: what is in them is for the validation to read, once."""

    def __init__(self, fn: Any, **_others: Any) -> None:
        self.fn = fn

    async def convert_inputs(
        self, *, message: Any, **_others: Any
    ) -> tuple[list[Any], dict[str, Any]]:
        """Return the actor's arguments."""
        return [message.payload], {}

    def get_input_schema(self) -> ConverterInputSchema:
        """Return what Repid's documentation of the application would say."""
        return ConverterInputSchema(
            payload_schema={},
            content_type="application/json",
            correlation_id=None,
            headers_schema={},
        )


server = AmqpServer(HERE.url, subscribe_naming_strategy=address_of)
# Another connection, because the reader of the first one waits while all actors are busy, and they
# would wait for outcomes that it had to read.
output_server = AmqpServer(HERE.url)
app = Repid(title="bench")
app.servers.register_server("default", server, is_default=True)
router = Router()


@cache
def desk() -> Desk:
    """Return this process's desk."""
    return Desk(HERE.database)


async def relay(body: bytes) -> None:
    """Do the work of one message."""
    if STORING == "threads":
        output = await asyncio.to_thread(desk().take, body)
    else:
        output = desk().take(body)
    session: Any = output_server.managed_session
    await session.sender_pool.send(address_of(HERE.output_queue), output, settled=False)
    stamp(HERE.stamps)


router.actor(
    relay,
    channel=HERE.work_queue,
    routing_strategy=catch_all_routing_strategy,
    converter=Raw,
)
app.include_router(router)


def wire(body: bytes, id: str) -> tuple[pika.BasicProperties, bytes]:
    """Return a message as its sender would send it: Repid puts nothing around a body."""
    properties = pika.BasicProperties(
        content_type="application/json", message_id=id, delivery_mode=2
    )
    return properties, body


async def work() -> None:
    """Work until told to stop."""
    async with server.connection(), output_server.connection():
        await app.run_worker(tasks_limit=AT_ONCE)


def run() -> None:
    """Work, in a process of its own."""
    asyncio.run(work())


def main() -> None:
    """Start the workers; hand the word to stop on to them."""
    workers = [multiprocessing.Process(target=run) for _ in range(int(WORKERS))]
    for each in workers:
        each.start()

    def hand_on(*_: object) -> None:
        for each in workers:
            each.terminate()

    signal.signal(signal.SIGTERM, hand_on)
    for each in workers:
        each.join()


if __name__ == "__main__":
    main()
