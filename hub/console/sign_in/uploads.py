"""A form with one file, as a browser sends it: `multipart/form-data`, read whole, with a limit.

Only for addresses that say that they take a file; every other form has none.
"""

from collections.abc import Mapping
from email import message_from_bytes
from email.policy import HTTP

from fastapi import Request
from starlette.exceptions import HTTPException

from hub.operations.comparison.lists.reader import LARGEST

PLACES = frozenset({"/comparisons/list"})
MEDIA = "multipart/form-data"
_BESIDE = 64 * 1024
"""Bytes of a form beside its file."""
MOST_PARTS = 50


def accepts_file(request: Request, media: str) -> bool:
    """Tell whether a request brings a form with a file to an address that takes one."""
    return media == MEDIA and request.url.path in PLACES


async def read_upload(request: Request) -> Mapping[str, str]:
    """Return the fields of a form; its file is in the request's state. Raises HTTPException."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST + _BESIDE:
            raise HTTPException(422)
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    message = message_from_bytes(head + bytes(body), policy=HTTP)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if not parts or len(parts) > MOST_PARTS:
        raise HTTPException(422)
    found: dict[str, str] = {}
    request.state.file = b""
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise HTTPException(422)
        if part.get_filename() is not None:
            request.state.file = content
            continue
        try:
            found[name] = content.decode()
        except UnicodeDecodeError:
            raise HTTPException(422) from None
    return found
