"""The headers of tus 1.0: read, refused where they are wrong, and written."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Protocol

from hub.gateway.partner_calls.refusals import RefusedCall
from hub.ports.files import FileClaims
from hub.store.messages.uploads import KeptUpload

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
PART = "application/offset+octet-stream"
CHECKSUMS = ("sha1", "sha256")
LONGEST_METADATA = 2048
_NUMBER = re.compile(r"[0-9]{1,15}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAMES = ("filename", "name"), ("filetype", "type")


class Digest(Protocol):
    """What hashlib makes."""

    def update(self, data: bytes, /) -> None:
        """Take the next bytes."""

    def digest(self) -> bytes:
        """Return the hash."""


@dataclass(slots=True)
class Checksum:
    """The checksum of one part, as announced and as it comes."""

    wanted: bytes
    found: Digest

    def check(self) -> None:
        """Raise RefusedCall for a part that is another one than announced."""
        if self.found.digest() != self.wanted:
            raise RefusedCall("upload_checksum", where="Upload-Checksum", why="the part differs")


def check_version(headers: Mapping[str, str]) -> None:
    """Raise RefusedCall 412 for a client that does not speak this version."""
    if headers.get("tus-resumable") != VERSION:
        raise RefusedCall(
            "call_invalid",
            where="Tus-Resumable",
            why=f"the version is {VERSION}",
            status=412,
            headers={"Tus-Version": VERSION},
        )


def number(headers: Mapping[str, str], name: str) -> int:
    """Return a header that is a whole number; raises RefusedCall."""
    text = headers.get(name.lower(), "")
    if not _NUMBER.fullmatch(text):
        raise RefusedCall("call_invalid", where=name, why="a whole number is needed", status=400)
    return int(text)


def check_part(headers: Mapping[str, str]) -> None:
    """Raise RefusedCall 415 where the body is not declared as a part."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != PART:
        raise RefusedCall("media_type_unsupported", where="Content-Type", why=f"{PART} is taken")


def checksum_of(headers: Mapping[str, str]) -> Checksum | None:
    """Return the announced checksum of a part, None without one; raises RefusedCall."""
    if "upload-checksum" not in headers:
        return None
    algorithm, _, encoded = headers["upload-checksum"].partition(" ")
    if algorithm not in CHECKSUMS:
        why = f"one of {', '.join(CHECKSUMS)}"
        raise RefusedCall("call_invalid", where="Upload-Checksum", why=why, status=400)
    try:
        wanted = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        why = "an algorithm and the hash in base64"
        raise RefusedCall("call_invalid", where="Upload-Checksum", why=why, status=400) from None
    return Checksum(wanted, hashlib.new(algorithm, usedforsecurity=False))


def metadata_of(headers: Mapping[str, str]) -> str:
    """Return Upload-Metadata, "" without it; raises RefusedCall for one that cannot be read."""
    text = headers.get("upload-metadata", "").strip()
    if len(text) > LONGEST_METADATA:
        why = f"over {LONGEST_METADATA} bytes"
        raise RefusedCall("call_invalid", where="Upload-Metadata", why=why, status=400)
    announced = _pairs(text).get("sha256", "")
    if announced and not _SHA256.fullmatch(announced):
        why = "sha256 is 64 digits in hex"
        raise RefusedCall("call_invalid", where="Upload-Metadata", why=why, status=400)
    return text


def claims_of(metadata: str) -> FileClaims:
    """Return what the client says of the file."""
    pairs = _pairs(metadata)
    name, media_type = (next((pairs[it] for it in keys if it in pairs), "") for keys in _NAMES)
    return FileClaims(name, media_type)


def announced_of(metadata: str) -> str:
    """Return the sha256 that the client announced, "" for none."""
    return _pairs(metadata).get("sha256", "")


def _pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for pair in filter(None, (it.strip() for it in text.split(","))):
        key, _, value = pair.partition(" ")
        try:
            pairs[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            why = "keys with values in base64, with commas"
            raise RefusedCall(
                "call_invalid", where="Upload-Metadata", why=why, status=400
            ) from None
    return pairs


def state_headers(upload: KeptUpload) -> dict[str, str]:
    """Return how far an upload is."""
    headers = {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(upload.received),
        "Upload-Length": str(upload.size),
        "Upload-Expires": _date(upload.expires_at),
        "Cache-Control": "no-store",
    }
    if upload.metadata:
        headers["Upload-Metadata"] = upload.metadata
    if upload.stored_at is not None and upload.sha256:
        headers["X-Sha256"] = upload.sha256
    return headers


def server_headers(largest: int) -> dict[str, str]:
    """Return what the server can do."""
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(largest),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }


def _date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
