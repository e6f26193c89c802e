"""Real uploads for schemathesis: which there are, how far each is, what a part's checksum is.

Loaded by `schemathesis_hooks`. The contract cannot say that an offset is the one that the hub told,
that a part fits into what is left, or that a checksum is that of the part.
"""

import base64
import hashlib
import os
from typing import Any

import schemathesis
import urllib3
from schemathesis.core import NotSet
from schemathesis.generation.meta import TestPhase
from schemathesis.transport.serialization import Binary

UPLOADS = os.environ["HUB_URL"] + "/v1/uploads"
HEADERS = {"Authorization": f"Bearer {os.environ['HUB_KEY']}", "Tus-Resumable": "1.0.0"}
PART = "application/offset+octet-stream"
SIZE = 80_000
"""Bytes of the uploads that are made here: more than all parts of a run."""


def as_bytes(value: Any) -> bytes:
    """Return a made body as it is sent."""
    if isinstance(value, Binary):
        return bytes(value.data)
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.serializer(PART)
def _as_part(_context: Any, value: Any) -> bytes:
    return as_bytes(value)


def make_real(case: Any) -> None:
    """Make a call of `/v1/uploads` that fits the contract one about a real upload."""
    method, path = case.operation.label.split(" ", 1)
    if method == "OPTIONS":
        return
    if path == "/v1/uploads":
        _begin(case)
    else:
        offset = _offset_of_real(case)
        if method == "PATCH" or case.headers.get("X-HTTP-Method-Override") == "PATCH":
            _go_on(case, offset)


def _begin(case: Any) -> None:
    """Give a creation the length of its body, or so much more that other parts fit behind it."""
    body = b"" if isinstance(case.body, NotSet) else as_bytes(case.body)
    is_whole = str(case.headers.get("Upload-Length", "0")).endswith("0")
    case.headers["Upload-Length"] = str(len(body) + (0 if is_whole else SIZE))
    if case.headers.get("Upload-Metadata"):
        case.headers["Upload-Metadata"] = "filename " + base64.b64encode(b"don.pdf").decode()
    _check(case, body)


def _offset_of_real(case: Any) -> int:
    """Name an upload that exists in about half of the calls; return where it stands.

    Not in rows of calls: one that was removed there has to stay unknown.
    """
    id = case.path_parameters["id"]
    head = urllib3.request("HEAD", f"{UPLOADS}/{id}", headers=HEADERS)
    if head.status == 200:
        return int(head.headers["Upload-Offset"])
    is_row = case.meta.phase.name is TestPhase.STATEFUL
    if not is_row and hashlib.sha256(id.encode()).digest()[0] % 2:
        made = urllib3.request("POST", UPLOADS, headers=HEADERS | {"Upload-Length": str(SIZE)})
        if made.status == 201:
            case.path_parameters["id"] = made.headers["Location"].rpartition("/")[2]
    return 0


def _go_on(case: Any, offset: int) -> None:
    """Have a part begin where the upload stands."""
    if isinstance(case.body, NotSet):
        case.headers["X-HTTP-Method-Override"] = "DELETE"  # which needs no part
        return
    case.headers["Upload-Offset"] = str(offset)
    _check(case, as_bytes(case.body))


def _check(case: Any, body: bytes) -> None:
    if "Upload-Checksum" in case.headers:
        algorithm = "sha1" if case.headers["Upload-Checksum"].startswith("sha1 ") else "sha256"
        digest = hashlib.new(algorithm, body, usedforsecurity=False).digest()
        case.headers["Upload-Checksum"] = f"{algorithm} {base64.b64encode(digest).decode()}"
