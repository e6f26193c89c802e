"""The form of an archive file: JSON lines, the first one its head, then the parts of each dossier.

Part 0 of a dossier holds its rows, those after it the pieces of its stored files. The parts of a
dossier stand together, so that a place and a length lead to all of them. Numbers, hashes and counts
are readable by everybody; what is sealed only with the dossier's key.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

VERSION = 1
PIECE = 1024 * 1024
"""Bytes of a stored file in one line."""
ENDING, MANIFEST = ".jsonl", ".manifest.json"


class FileHead(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a file."""

    format: int = VERSION
    seq: int
    name: str
    month: str
    """In which the dossiers were closed, as YYYY-MM."""
    made_at: datetime
    columns: Mapping[str, Sequence[str]]
    """Of each table, in the order of the values of its rows."""


class RowsPart(msgspec.Struct, frozen=True, kw_only=True, tag="rows", tag_field="kind"):
    """The rows of a dossier."""

    dossier: str
    parts: int
    """How many lines belong to the dossier."""
    rows: int
    sealed: bytes


class FilePart(msgspec.Struct, frozen=True, kw_only=True, tag="file", tag_field="kind"):
    """One piece of a stored file of a dossier."""

    dossier: str
    part: int
    sha256: str
    """Of the whole file."""
    last: bool
    """Whether the file ends with this piece."""
    sealed: bytes


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside a file: what it should be, and what came before it."""

    format: int = VERSION
    seq: int
    name: str
    month: str
    made_at: datetime
    size: int
    sha256: str
    dossiers: int
    rows: int
    tables: Mapping[str, int]
    """Rows by table."""
    deliveries: Mapping[str, Mapping[str, int]]
    """Deliveries by destination and state."""
    files: int
    files_missing: int = 0
    """Always 0: a dossier is not archived without its stored files. Readers of format 1 ask it."""
    previous: str
    """sha256 of the manifest before, "" in the first one."""


encode = msgspec.json.encode
read_part = msgspec.json.Decoder(RowsPart | FilePart).decode
read_head = msgspec.json.Decoder(FileHead).decode
read_manifest = msgspec.json.Decoder(Manifest).decode
