"""Anchors: up to which row a chained log was verified, with the hash of that row.

An anchor says that everything up to its row was whole when it was made. It counts only while the
row still has its hash, which the verification checks. What it cannot say: whether a row before it
was changed since, because those are not read again; a verification of the whole chain finds that.

A tamperer who can write to every table can also move the anchor that stands in the database. So an
anchor can be exported into a file that is kept somewhere else: against that one, a chain that was
computed anew does not verify.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa

from hub.store.engine import Tx, insert
from hub.store.evidence.tables import chain_anchors

c = chain_anchors.c


class Anchor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row that was verified with everything before it."""

    chain: str
    seq: int
    """0, with the hash "", for a chain without any row."""
    hash: str
    verified_at: datetime
    actor: str


class BadAnchors(Exception):
    """A file holds no anchors."""


def stored(tx: Tx) -> dict[str, Anchor]:
    """Return the anchors in the database by the name of their chain."""
    rows = tx.execute(sa.select(chain_anchors)).mappings()
    return {row["chain"]: Anchor(**row) for row in rows}


def store_all(tx: Tx, anchors: Iterable[Anchor]) -> None:
    """Store anchors in the place of the last ones."""
    statement = insert(tx, chain_anchors)
    changed = {it.name: statement.excluded[it.name] for it in chain_anchors.columns}
    statement = statement.on_conflict_do_update(index_elements=[c.chain], set_=changed)
    rows = [msgspec.structs.asdict(anchor) for anchor in anchors]
    if rows:
        tx.execute(statement, rows)


def encode(anchors: Mapping[str, Anchor]) -> bytes:
    """Return anchors as the text of a file: one JSON object a line."""
    return b"".join(msgspec.json.encode(anchors[name]) + b"\n" for name in sorted(anchors))


def decode(text: bytes) -> dict[str, Anchor]:
    """Return the anchors of a file; raises BadAnchors where it holds something else, or none."""
    try:
        found = [msgspec.json.decode(line, type=Anchor) for line in text.splitlines() if line]
    except msgspec.DecodeError as error:
        raise BadAnchors(str(error)) from None
    if not found or any(anchor.verified_at.tzinfo is None for anchor in found):
        raise BadAnchors("there is no anchor in it, or one whose time has no zone")
    return {anchor.chain: anchor for anchor in found}
