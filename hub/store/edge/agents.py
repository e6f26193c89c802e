"""The agents by id: their one-time code, and what they said last. Nothing is deleted.

An agent that is revoked stays, so that its name in the audit never becomes another's.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.rules.edge import copies
from hub.rules.edge.copies import CopyProof
from hub.rules.edge.protocol import SILENT_AFTER, EdgeHeartbeat
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.edge import edge_agents

_decoder = msgspec.json.Decoder(EdgeHeartbeat)
_proofs = msgspec.json.Decoder(list[CopyProof])


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAgent:
    """An agent as it is kept."""

    id: str
    agency: str
    """Whose reception numbers it may hold, "" for none."""
    made_at: datetime
    code_until: datetime | None
    """When its open code ends, None without one."""
    enrolled_at: datetime | None
    revoked_at: datetime | None
    spool: str | None
    report: EdgeHeartbeat | None
    heard_at: datetime | None
    devices: frozenset[str] | None
    """Names of the devices that it was enrolled with; None where that is not known yet."""
    former: tuple[str, ...]
    """Agents whose spool it took over, with the reception numbers that they held."""
    copied: tuple[CopyProof, ...]
    """What proves that another machine speaks as this agent."""

    def state_at(self, now: datetime) -> str:
        """Return `added`, `enrolled`, `silent` (enrolled, and not heard lately) or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.enrolled_at is None:
            return "added"
        is_heard = self.heard_at is not None and now - self.heard_at <= SILENT_AFTER
        return "enrolled" if is_heard else "silent"


def add(tx: Tx, id: str, *, agency: str, digest: str, until: datetime, now: datetime) -> None:
    """Add an agent with its code, or give a known one another code."""
    values = {"agency": agency, "code_digest": digest, "code_until": until}
    statement = insert(tx, edge_agents).values(id=id, made_at=now, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=[edge_agents.c.id], set_=values))


def find(tx: Tx, id: str) -> KeptAgent | None:
    """Return an agent, None where there is none."""
    return _one(tx, edge_agents.c.id == id)


def by_code(tx: Tx, digest: str) -> KeptAgent | None:
    """Return the agent of a code, locked until the transaction ends; None where there is none."""
    return _one(tx, edge_agents.c.code_digest == digest, locked=True)


def all_of(tx: Tx) -> Sequence[KeptAgent]:
    """Return every agent by id."""
    return [_agent(row) for row in tx.execute(sa.select(edge_agents).order_by(edge_agents.c.id))]


def enrolled(
    tx: Tx,
    id: str,
    *,
    devices: Collection[str] | None,
    former: Collection[str] = (),
    now: datetime,
) -> None:
    """Write down that the code of an agent was used; it opens nothing any more.

    What proved a copy ends, for older keys end. `former`: whose spool it took over.
    """
    here = sa.update(edge_agents).where(edge_agents.c.id == id)
    values = {
        "code_digest": None,
        "code_until": None,
        "enrolled_at": now,
        "devices": None if devices is None else _names(devices),
        "former": json.dumps(list(former)) if former else None,
        "copied": None,
    }
    tx.execute(here.values(values))


def keep_copies(tx: Tx, id: str, proofs: Sequence[CopyProof]) -> bool:
    """Write down what proves a copy; return whether these are the first proofs."""
    known = _one(tx, edge_agents.c.id == id, locked=True)
    if known is None:
        return False
    kept = msgspec.json.encode(copies.added(known.copied, proofs)).decode()
    tx.execute(sa.update(edge_agents).where(edge_agents.c.id == id).values(copied=kept))
    return not known.copied


def keep_devices(tx: Tx, id: str, devices: Collection[str]) -> None:
    """Write down which devices an agent has from now on."""
    here = sa.update(edge_agents).where(edge_agents.c.id == id)
    tx.execute(here.values(devices=_names(devices)))


def revoke(tx: Tx, id: str, *, now: datetime) -> None:
    """Write down that an agent is revoked, its open code too."""
    here = sa.update(edge_agents).where(edge_agents.c.id == id)
    tx.execute(here.values(code_digest=None, code_until=None, revoked_at=now))


def heard(tx: Tx, id: str, report: EdgeHeartbeat, *, now: datetime) -> None:
    """Store an agent's report."""
    here = sa.update(edge_agents).where(edge_agents.c.id == id)
    body = msgspec.json.encode(report).decode()
    tx.execute(here.values(report=body, spool=report.spool, heard_at=now))


def _one(tx: Tx, which: sa.ColumnElement[bool], *, locked: bool = False) -> KeptAgent | None:
    query = sa.select(edge_agents).where(which)
    row = tx.execute(query.with_for_update() if locked else query).one_or_none()
    return None if row is None else _agent(row)


def _agent(row: sa.Row[Any]) -> KeptAgent:
    return KeptAgent(
        id=row.id,
        agency=row.agency,
        made_at=row.made_at,
        code_until=row.code_until,
        enrolled_at=row.enrolled_at,
        revoked_at=row.revoked_at,
        spool=row.spool,
        report=_report(row.report),
        heard_at=row.heard_at,
        devices=None if row.devices is None else frozenset(json.loads(row.devices)),
        former=tuple(json.loads(row.former or "[]")),
        copied=tuple(_proofs.decode(row.copied)) if row.copied else (),
    )


def _report(kept: str | None) -> EdgeHeartbeat | None:
    """Return a report; one that an older hub took beyond today's bounds is none: the next comes."""
    try:
        return None if kept is None else _decoder.decode(kept)
    except msgspec.ValidationError:
        return None


def _names(devices: Collection[str]) -> str:
    return json.dumps(sorted(devices))
