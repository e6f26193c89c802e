"""Answers with a record as JSON and its ETag, or 304 where the caller has it."""

import hashlib

import msgspec
from fastapi import Request
from fastapi.responses import Response

JSON = "application/json"
_encoder = msgspec.json.Encoder()


def tagged(request: Request, record: msgspec.Struct, headers: dict[str, str]) -> Response:
    """Return a record with its ETag, or 304 where the caller has it."""
    body = _encoder.encode(record)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = headers | {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = {
        one.strip().removeprefix("W/")
        for one in request.headers.get("if-none-match", "").split(",")
    }
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=JSON, headers=headers)
