"""Makes a healthy partner misbehave, as the switched-on faults say: an ASGI application.

Promises that whatever is said to be done (see `FaultKind`) is in the ledger before the line
breaks or nonsense is sent, so a test can hold the hub's belief against what really happened.
"""

import asyncio
import codecs
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from adapters.simulation.dialects.http_forms import gateway_error
from adapters.simulation.dialects.speech import Dialects, Spoken, apply_habits
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.partner import Answer, Call, Partner
from adapters.simulation.served_contract import OPERATION as CONTRACT
from adapters.simulation.served_contract import changed

BODY_LIMIT = 8 * 1024 * 1024
HUGE = 64 * 1024 * 1024
OTHER_NUMBER = "000.00.00.X00-000101-0000"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
K = FaultKind

ON_CONTRACT = frozenset(FaultKind) - {K.DOWN, K.CALLBACKS_DOUBLED, K.CALLBACKS_REORDERED}
ON_CALLS = ON_CONTRACT - {K.CONTRACT_CHANGED}
IN_DIALECT = frozenset(
    {
        K.REFUSES,
        K.SOAP_FAULT,
        K.UNKNOWN_CODE,
        K.SLOW,
        K.EXPIRED_TOKEN,
        K.LATE,
        K.TWICE,
        K.OTHER_DOSSIER,
        K.CLOCK_AHEAD,
    }
)
"""Faults whose answer is the partner's own; the others are answers of something in between."""


class Application:
    """The ASGI application around a partner; it answers in the dialects that are switched on."""

    def __init__(self, partner: Partner, dialects: Dialects | None = None) -> None:
        self.partner = partner
        self.dialects = dialects or Dialects()
        self.late: set[asyncio.Task[Answer]] = set()
        """Calls that were answered by the gateway and take effect later."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            await _send(send, Answer(status=413, body=b"", content_type=b"text/plain"))
            return
        call = Call(scope["method"], scope["path"], scope["query_string"], scope["headers"], body)
        partner = self.partner
        operation = partner.operation(call)
        # Dialects are forms of replies, and faults of calls are for calls: neither concerns the
        # contract that is fetched beside them, unless a fault names it.
        is_contract = operation == CONTRACT
        spoken = Spoken() if is_contract else self.dialects.for_call(operation)
        if spoken.habits:
            call = replace(call, look_up=self.dialects.look_up(spoken))
        if spoken.ends_sessions:
            partner.expire_sessions()
        among = ON_CONTRACT if is_contract else ON_CALLS
        fault = partner.faults.draw(operation, among, named=is_contract)
        transport = scope["state"]["transport"]
        if fault is None:
            answer = await self._answer(call, spoken)
            if answer.raw:
                await _send_as_it_is(transport, receive, answer)
            else:
                await _send(send, answer)
            return
        partner.ledger.count_fault(fault.kind, operation)
        answer = await self._faulty_answer(call, fault)
        if fault.kind in IN_DIALECT:
            answer = replace(apply_habits(answer, call, spoken.habits), raw=b"")
        if fault.kind in (K.DROP_AFTER_ACCEPT, K.LINE_GIVES_UP):
            transport.abort()
            await _gone(receive)
        elif fault.kind is K.HUGE:
            await _send_huge(send, answer)
        else:
            await _send(send, answer)
            if fault.kind is K.TWICE:
                transport.write(_raw(answer))

    async def _answer(self, call: Call, spoken: Spoken) -> Answer:
        """Return the partner's answer in its dialect, or what a gateway says in its place."""
        if spoken.gateway is None:
            return apply_habits(await self.partner.answer(call), call, spoken.habits)
        draw = self.dialects.draw
        match draw.choice(("nothing", "done", "late")):
            case "done":
                await self.partner.answer(call)
            case "late":
                self._work_later(call, draw.uniform(0, spoken.gateway.late))
        return gateway_error(draw.choice(spoken.gateway.statuses))

    def _work_later(self, call: Call, seconds: float) -> None:
        task = asyncio.get_running_loop().create_task(self._answer_late(call, seconds))
        self.late.add(task)
        task.add_done_callback(self.late.discard)

    async def _answer_late(self, call: Call, seconds: float) -> Answer:
        await asyncio.sleep(seconds)
        return await self.partner.answer(call)

    async def _faulty_answer(self, call: Call, fault: Fault) -> Answer:
        match fault.kind:
            case K.BUSY:
                wait = str(round(fault.seconds)).encode()
                busy = Answer(
                    status=503, content_type=b"text/plain", fields=[(b"retry-after", wait)]
                )
                return _marked(busy, call)
            case K.REFUSES:
                return _marked(self.partner.refusal(call), call)
            case K.SOAP_FAULT:
                return _marked(self.partner.server_fault(call), call)
            case K.UNKNOWN_CODE:
                return _marked(self.partner.unknown_code(call), call)
            case K.LOST:
                return gateway_error(fault.status)
            case K.PROXY_GIVES_UP | K.LINE_GIVES_UP:
                self._work_later(call, fault.seconds)
                return gateway_error(fault.status)
            case K.SLOW:
                await asyncio.sleep(fault.seconds)
            case K.EXPIRED_TOKEN:
                self.partner.expire_sessions()
        answer = await self.partner.answer(call)
        if fault.kind is K.LATE:
            await asyncio.sleep(fault.seconds)
        return _garbled(answer, fault)


def _marked(answer: Answer, call: Call) -> Answer:
    """Return what the partner itself answers, with the mark of the call."""
    mark = call.header(b"x-request-id")
    return replace(answer, fields=[*answer.fields, (b"x-request-id", mark)]) if mark else answer


def _garbled(answer: Answer, fault: Fault) -> Answer:  # noqa: C901
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
            # The mark of one encoding, the bytes of another.
            return replace(answer, body=codecs.BOM_UTF8 + _as_text(body).encode("utf-16-le"))
        case K.OTHER_DOSSIER if answer.number:
            return replace(answer, body=body.replace(answer.number.encode(), OTHER_NUMBER.encode()))
        case K.REDIRECT:
            return Answer(status=302, fields=[(b"location", b"")])
        case K.DEEP:
            deep = b"[" if b"json" in answer.content_type else b"<a>"
            return replace(answer, body=deep * 100_000)
        case K.ENTITIES:
            return replace(answer, body=_entity_bomb())
        case K.CONTRACT_CHANGED:
            return changed(answer)
        case K.CLOCK_AHEAD:
            # The server has put its own Date first; a client that reads two of them takes the last.
            date = formatdate(time.time() + fault.seconds, usegmt=True).encode()
            return replace(answer, fields=[*answer.fields, (b"date", date)])
    return answer


def _as_text(body: bytes) -> str:
    return body.decode(errors="replace")  # a printer's reply is no text


async def _send_as_it_is(transport: asyncio.Transport, receive: Receive, answer: Answer) -> None:
    transport.write(answer.raw)
    transport.close()
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    """Return when the connection is over."""
    while (await receive())["type"] != "http.disconnect":
        pass


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
