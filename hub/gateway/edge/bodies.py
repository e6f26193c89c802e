"""Bodies of an agent's calls: bounded, and refused with their place where they are wrong."""

from typing import TypeVar

import msgspec
from fastapi import Request
from fastapi.responses import Response

from hub.gateway.request_body import read_body
from hub.messages.envelope import place
from hub.messages.invalid import InvalidMessage
from hub.rules.edge.protocol import MOST_BYTES

_encoder = msgspec.json.Encoder()
BodyT = TypeVar("BodyT")


async def read(request: Request, kind: type[BodyT]) -> BodyT:
    """Return the record that a body says. Raises InvalidMessage."""
    body = await read_body(request, MOST_BYTES)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise InvalidMessage("call_invalid", **place(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage("json_broken", where="$", why=str(error)) from None


def written(record: msgspec.Struct) -> Response:
    """Return the answer that says a record."""
    headers = {"Cache-Control": "no-store"}
    return Response(_encoder.encode(record), media_type="application/json", headers=headers)
