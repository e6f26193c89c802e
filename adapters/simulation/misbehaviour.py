"""Makes a healthy partner misbehave, as the switched-on faults say: an ASGI application.

Promises that whatever is said to be done (see `FaultKind`) is in the ledger before the line
breaks or nonsense is sent, so a test can hold the hub's belief against what really happened.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.partner import Answer, Call, Partner

BODY_LIMIT = 8 * 1024 * 1024
HUGE = 64 * 1024 * 1024
OTHER_NUMBER = "000.00.00.X00-000101-0000"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
K = FaultKind

ON_CALLS = frozenset(FaultKind) - {K.DOWN, K.CALLBACKS_DOUBLED, K.CALLBACKS_REORDERED}


class Application:
    """The ASGI application around a partner."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            await _send(send, Answer(status=413, body=b"", content_type=b"text/plain"))
            return
        call = Call(scope["method"], scope["path"], scope["query_string"], scope["headers"], body)
        partner = self.partner
        operation = partner.operation(call)
        fault = partner.faults.draw(operation, ON_CALLS)
        if fault is None:
            await _send(send, await partner.answer(call))
            return
        partner.ledger.count_fault(fault.kind, operation)
        answer = await self._faulty_answer(call, fault)
        transport = scope["state"]["transport"]
        if fault.kind is K.DROP_AFTER_ACCEPT:
            transport.abort()
            while (await receive())["type"] != "http.disconnect":
                pass
        elif fault.kind is K.HUGE:
            await _send_huge(send, answer)
        else:
            await _send(send, answer)
            if fault.kind is K.TWICE:
                transport.write(_raw(answer))

    async def _faulty_answer(self, call: Call, fault: Fault) -> Answer:
        match fault.kind:
            case K.BUSY:
                wait = str(round(fault.seconds)).encode()
                return Answer(
                    status=503, content_type=b"text/plain", fields=[(b"retry-after", wait)]
                )
            case K.REFUSES:
                return self.partner.refusal(call)
            case K.SOAP_FAULT:
                return self.partner.server_fault(call)
            case K.SLOW:
                await asyncio.sleep(fault.seconds)
            case K.EXPIRED_TOKEN:
                self.partner.expire_sessions()
        answer = await self.partner.answer(call)
        if fault.kind is K.LATE:
            await asyncio.sleep(fault.seconds)
        return _garbled(answer, fault)


def _garbled(answer: Answer, fault: Fault) -> Answer:
    """Return the answer as it comes through when the work was done."""
    body = answer.body
    match fault.kind:
        case K.SERVER_ERROR:
            return Answer(status=fault.status, body=b"proxy", content_type=b"text/plain")
        case K.HTML:
            page = b"<!DOCTYPE html><html><body><p>OK<br>200</body></html>"
            return Answer(body=page, content_type=b"text/html")
        case K.TRUNCATED:
            return replace(answer, body=body[: len(body) // 2])
        case K.WRONG_ENCODING:
            return replace(answer, body=body.decode().encode("utf-16"))
        case K.OTHER_DOSSIER if answer.number:
            return replace(answer, body=body.replace(answer.number.encode(), OTHER_NUMBER.encode()))
        case K.REDIRECT:
            return Answer(status=302, fields=[(b"location", b"")])
        case K.DEEP:
            deep = b"[" if b"json" in answer.content_type else b"<a>"
            return replace(answer, body=deep * 100_000)
        case K.ENTITIES:
            return replace(answer, body=_entity_bomb())
        case K.CLOCK_AHEAD:
            # The server has put its own Date first; whoever reads two of them takes the last.
            date = formatdate(time.time() + fault.seconds, usegmt=True).encode()
            return replace(answer, fields=[*answer.fields, (b"date", date)])
    return answer


def _entity_bomb() -> bytes:
    lines = ['<?xml version="1.0"?>', "<!DOCTYPE a [", '<!ENTITY e0 "ha">']
    lines += [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)]
    return "\n".join([*lines, "]>", "<a>&e9;</a>"]).encode()


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body, None when it is over the limit."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            return None
    return body


def _fields(answer: Answer, length: int) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", answer.content_type),
        (b"content-length", b"%d" % length),
        *answer.fields,
    ]


async def _send(send: Send, answer: Answer) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": _fields(answer, len(answer.body)),
        }
    )
    await send({"type": "http.response.body", "body": answer.body})


async def _send_huge(send: Send, answer: Answer) -> None:
    headers = [(b"content-type", answer.content_type)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    piece = b" " * 65_536
    for _ in range(HUGE // len(piece)):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": answer.body})


def _raw(answer: Answer) -> bytes:
    lines = [b"HTTP/1.1 %d OK" % answer.status]
    lines += [name + b": " + value for name, value in _fields(answer, len(answer.body))]
    return b"\r\n".join(lines) + b"\r\n\r\n" + answer.body
