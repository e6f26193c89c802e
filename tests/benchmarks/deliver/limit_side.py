"""The simulator's own limit: finished envelopes over 8 connections, replies hardly looked at.

It shows that what is measured is the hub and zeep, not the simulator.
"""

import asyncio
from urllib.parse import urlsplit

from adapters.provincial.destination import ProvincialDestination
from adapters.provincial.prepared_call import PreparedCall
from hub.messages import catalog
from tests.benchmarks.deliver.order import THREADS, Order, given
from tests.benchmarks.stamps import stamp


def requests(order: Order) -> list[bytes]:
    """Return the finished requests, as the destination would send them."""
    destination = ProvincialDestination(order.province)
    session = destination._log_in().token
    address, made = urlsplit(order.province_url), []
    for message in order.messages():
        prepared: PreparedCall = destination.prepare(message, catalog.read(message)).body
        body = destination._dialect.body(prepared.envelope, session)
        called, fields = destination._dialect.address(prepared.envelope.operation)
        lines = [f"POST {urlsplit(called).path} HTTP/1.1", f"Host: {address.netloc}"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        made.append("\r\n".join(lines).encode() + body)
    destination.close()
    return made


async def send(order: Order, contents: list[bytes]) -> None:
    """Send one request after the other on a connection."""
    address = urlsplit(order.province_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    for content in contents:
        writer.write(content)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        if b"<error_code>0</error_code>" not in body:
            raise RuntimeError(f"refused: {body[:300]!r}")
        stamp(order.stamps)
    writer.close()


async def main() -> None:
    """Send everything."""
    order = given()
    made = requests(order)
    await asyncio.gather(*(send(order, made[n::THREADS]) for n in range(THREADS)))


if __name__ == "__main__":
    asyncio.run(main())
