"""Anchors: up to which row a chained log was verified, with the hash of that row.

An anchor says that the rows from the anchor before it up to its own were whole when it was made,
and when the chain was last read from its first row on (`whole_at`). It counts only while the row
still has its hash, which the verification checks. What it cannot say: whether a row before it was
changed since then, because those are not read again; a verification of the whole chain finds that.

A tamperer who can write to every table can also move the anchor that stands in the database. So an
anchor can be exported into a file that is kept somewhere else: against that one, a chain that was
computed anew does not verify.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.exchange import chain_anchors
from hub.texts import text


class Anchor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row up to which a chain was verified."""

    chain: str
    seq: int
    """0, with the hash "", for a chain without any row."""
    hash: str
    verified_at: datetime
    actor: str
    whole_at: datetime | None = None
    """When the chain was last read from its first row on; None where nothing tells."""


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
    statement = statement.on_conflict_do_update(
        index_elements=[chain_anchors.c.chain], set_=changed
    )
    rows = [msgspec.structs.asdict(anchor) for anchor in anchors]
    if rows:
        tx.execute(statement, rows)


def encode(anchors: Mapping[str, Anchor]) -> bytes:
    """Return anchors as the text of a file: one JSON object a line."""
    return b"".join(msgspec.json.encode(anchors[name]) + b"\n" for name in sorted(anchors))


def decode(content: bytes, *, chains: Collection[str]) -> dict[str, Anchor]:
    """Return the anchors of a file by the name of their chain.

    Raises BadAnchors where the file holds something else, or lacks one of `chains`: that chain
    would agree with everything.
    """
    try:
        found = [msgspec.json.decode(line, type=Anchor) for line in content.splitlines() if line]
    except msgspec.DecodeError as error:
        raise BadAnchors(str(error)) from None
    times = [time for anchor in found for time in (anchor.verified_at, anchor.whole_at) if time]
    if not found or any(time.tzinfo is None for time in times):
        raise BadAnchors(text("evidence.no_anchor_in_it"))
    if lacking := set(chains).difference(anchor.chain for anchor in found):
        chains_without = ", ".join(sorted(lacking))
        raise BadAnchors(text("evidence.no_anchor_of", chains=chains_without))
    return {anchor.chain: anchor for anchor in found}
