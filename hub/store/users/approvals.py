"""Proposals of acts that need a second person: found, made, decided once.

What an act needs besides (`terms`) may hold personal data: a corrected message. It is emptied with
the decision.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.rules.users.approvals import ApprovalState, ApprovalVerb
from hub.rules.users.scope import Thing
from hub.store.engine.store import Tx
from hub.store.schema.tables.operators.users import IS_OPEN, approvals
from hub.store.statements.compiled import Compiled
from hub.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a person proposes."""

    verb: ApprovalVerb
    expected: Mapping[str, str]
    """Deliveries or messages by id, each with the state that the proposer saw."""
    situation: str = ""
    """What tells that state from the same state at another time; "" where nothing does."""
    terms: bytes = field(repr=False)
    """What the verb needs besides, as JSON."""
    thing: Thing
    reason: str
    proposer: str
    """Name of the account."""
    proposed_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A proposal with its number, and what became of it."""

    number: int
    proposal: Proposal
    state: ApprovalState
    approver: str | None
    decided_at: datetime | None
    decided_why: str | None
    outcome: Text | None


def add(tx: Tx, proposal: Proposal) -> int:
    """Keep a proposal; return its number."""
    row = {
        "verb": proposal.verb.value,
        "expected": json.dumps(
            [[id, state, proposal.situation] for id, state in sorted(proposal.expected.items())]
        ),
        "terms": proposal.terms,
        "sector": proposal.thing.sector,
        "partners": json.dumps(sorted(proposal.thing.partners)),
        "reason": proposal.reason,
        "proposer": proposal.proposer,
        "proposed_at": proposal.proposed_at,
        "ends_at": proposal.ends_at,
        "state": ApprovalState.OPEN.value,
    }
    statement = sa.insert(approvals).values(**row).returning(approvals.c.number)
    made: int = tx.execute(statement).scalar_one()
    return made


def numbered(tx: Tx, number: int) -> Approval | None:
    """Return a proposal, None where there is none."""
    row = tx.execute(sa.select(approvals).where(approvals.c.number == number)).one_or_none()
    return None if row is None else _approval(row)


def locked(tx: Tx, number: int) -> Approval | None:
    """Return a proposal as `numbered` does; it is locked until the transaction ends."""
    query = sa.select(approvals).where(approvals.c.number == number).with_for_update()
    row = tx.execute(query).one_or_none()
    return None if row is None else _approval(row)


def open_ones(tx: Tx, *, now: datetime) -> Sequence[Approval]:
    """Return the proposals that wait for a second person, the first to end first."""
    query = sa.select(approvals).where(IS_OPEN, approvals.c.ends_at > now)
    return [_approval(row) for row in tx.execute(query.order_by(approvals.c.ends_at))]


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """What tells whom a proposal waits for."""

    number: int
    proposer: str
    thing: Thing


def open_things(tx: Tx, *, now: datetime) -> Sequence[OpenProposal]:
    """Return of each proposal that waits its proposer and what it is about; every page asks."""
    columns = ("number", "proposer", "sector", "partners")
    query = sa.select(*(approvals.c[name] for name in columns))
    query = query.where(IS_OPEN, approvals.c.ends_at > now)
    rows = tx.execute(query)
    return [
        OpenProposal(row.number, row.proposer, _thing(row.sector, row.partners)) for row in rows
    ]


def some(tx: Tx, numbers: Sequence[int]) -> Sequence[Approval]:
    """Return proposals in the order of `numbers`; those that are not there are left out."""
    rows = tx.execute(sa.select(approvals).where(approvals.c.number.in_(numbers)))
    found = {row.number: _approval(row) for row in rows}
    return [found[number] for number in numbers if number in found]


def of_proposer(tx: Tx, name: str, *, most: int, up_to: int | None = None) -> Sequence[Approval]:
    """Return what a person proposed, the newest first; `up_to`: the highest number of the page."""
    query = sa.select(approvals).where(approvals.c.proposer == name)
    if up_to is not None:
        query = query.where(approvals.c.number <= up_to)
    rows = tx.execute(query.order_by(approvals.c.number.desc()).limit(most))
    return [_approval(row) for row in rows]


def decide(
    tx: Tx,
    number: int,
    state: ApprovalState,
    *,
    approver: str | None,
    why: str,
    outcome: Text | None,
    now: datetime,
) -> bool:
    """End an open proposal, once; False where it is not open. Its terms are emptied."""
    statement = sa.update(approvals).where(approvals.c.number == number, IS_OPEN)
    values = {
        "state": state.value,
        "approver": approver,
        "decided_at": now,
        "decided_why": why,
        "outcome": outcome,
        "terms": b"",
    }
    return tx.execute(statement.values(**values)).rowcount == 1


def record_outcome(tx: Tx, number: int, outcome: Text) -> None:
    """Record what a person must know of a proposal that was decided before."""
    statement = sa.update(approvals).where(approvals.c.number == number)
    tx.execute(statement.values(outcome=outcome))


def is_some_over(tx: Tx, *, now: datetime) -> bool:
    """Return whether the time of an open proposal is over."""
    return bool(_SOME_OVER.all(tx, {"now": now}))


_OVER = sa.select(approvals.c.number).where(IS_OPEN, approvals.c.ends_at <= sa.bindparam("now"))
_SOME_OVER = Compiled(_OVER.limit(1))
"""Asked at each sweep."""


def expire(tx: Tx, *, now: datetime) -> Sequence[int]:
    """End the proposals that no second person decided in time; return their numbers."""
    query = sa.select(approvals.c.number).where(IS_OPEN, approvals.c.ends_at <= now)
    over = [number for (number,) in tx.execute(query.order_by(approvals.c.number))]
    return [
        number
        for number in over
        if decide(tx, number, ApprovalState.EXPIRED, approver=None, why="", outcome=None, now=now)
    ]


def _thing(sector: str, partners: str) -> Thing:
    return Thing(sector=sector, partners=frozenset(json.loads(partners)))


def _approval(row: sa.Row[Any]) -> Approval:
    expected = json.loads(row.expected)
    proposal = Proposal(
        verb=ApprovalVerb(row.verb),
        # An earlier version wrote numbers, and no third part.
        expected={str(one[0]): one[1] for one in expected},
        situation=next((one[2] for one in expected if len(one) > 2), ""),
        terms=row.terms,
        thing=_thing(row.sector, row.partners),
        reason=row.reason,
        proposer=row.proposer,
        proposed_at=row.proposed_at,
        ends_at=row.ends_at,
    )
    return Approval(
        number=row.number,
        proposal=proposal,
        state=ApprovalState(row.state),
        approver=row.approver,
        decided_at=row.decided_at,
        decided_why=row.decided_why,
        outcome=row.outcome,
    )
