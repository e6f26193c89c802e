"""What waits for a person: parked messages, deliveries that stand, papers and steps that lack.

Nothing here writes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.messages.payloads import Status
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries.doubts import QUERIES
from hub.store.engine.store import Tx
from hub.store.messages.parked import DISCARDED_CODE
from hub.store.repair.replies.unproven_effects import IS_LAST_QUESTION, last
from hub.store.schema.tables.exchange import UNHANDLED, UNSETTLED, deliveries, journal
from hub.store.schema.tables.records import (
    KEPT_STEP,
    LEG_UNDER_WAY,
    dossier_files,
    dossiers,
    leg_steps,
    legs,
)
from hub.store.statements.plan_hints import unindexed
from hub.texts import Text

QUERIED_IN_VAIN = 10
"""Questions without an answer from which a person is told: about an hour with the usual pauses."""


def parked(tx: Tx, limit: int = 100) -> list[tuple[str, str, str, str, str]]:
    """Return parked messages: id, type, key, code, reason; newest first, without discarded ones."""
    query = sa.select(journal.c.id, journal.c.type, journal.c.key, journal.c.code, journal.c.reason)
    query = query.where(journal.c.state == "parked", journal.c.code != DISCARDED_CODE, UNHANDLED)
    rows = tx.execute(query.order_by(journal.c.recorded_at.desc()).limit(limit))
    return [(it.id, it.type, it.key, it.code, str(Text.read(it.reason or ""))) for it in rows]


def stuck(tx: Tx, limit: int = 100) -> list[tuple[int, str, str, str, str, str]]:
    """Return deliveries that wait for a person: id, destination, lane, state, code, detail.

    Also those that the partner was asked about again and again without an answer: the hub goes on
    asking, but only a person can find out why. Of these code and detail are those of the last
    question; names of fields that differ stand in the detail.
    """
    # What was called less often than that in its life needs no look at its attempts.
    in_vain = sa.and_(
        deliveries.c.attempts - deliveries.c.counted >= QUERIED_IN_VAIN, QUERIES >= QUERIED_IN_VAIN
    )
    undecided = sa.or_(deliveries.c.next_attempt_at.is_(None), in_vain)
    for_a_person = sa.and_(
        deliveries.c.state.in_([S.DEAD.value, S.AMBIGUOUS.value]),
        UNSETTLED,
        sa.or_(deliveries.c.state == S.DEAD.value, undecided),
    )
    last_columns = last.c
    query = (
        sa.select(
            deliveries.c.id,
            deliveries.c.destination,
            deliveries.c.lane,
            deliveries.c.state,
            deliveries.c.code,
            deliveries.c.detail,
            deliveries.c.next_attempt_at,
        )
        .add_columns(
            last_columns.code.label("last_code"),
            last_columns.detail.label("last"),
            last_columns.differs,
        )
        .select_from(deliveries.outerjoin(last, IS_LAST_QUESTION))
        .where(for_a_person)
    )
    rows = tx.execute(query.order_by(deliveries.c.id).limit(limit))
    return [(r.id, r.destination, r.lane, r.state, *_last_cause(r)) for r in rows]


def _last_cause(row: sa.Row[Any]) -> tuple[str, str]:
    """Return code and cause: of an unknown effect, what the last question brought.

    Where the hub has stopped asking, the row's own words say why, for a person.
    """
    code, cause = row.code, row.detail
    if row.state == S.AMBIGUOUS.value and row.last_code:
        code = row.last_code
        cause = (row.last or "") if row.next_attempt_at is not None else cause or row.last
    cause = str(Text.read(cause or ""))
    if row.differs and row.differs not in cause:
        cause = f"{cause}: {row.differs}" if cause else row.differs
    return code, cause


@dataclass(frozen=True, slots=True)
class Gap:
    """Steps of the town that are kept because one before them never came."""

    number: str
    child_number: str
    """The number under which the town has it, "" while it has not told."""
    applied: int
    """The last step that was applied; the one that is missing comes next."""
    next_here: int
    """The first step that is kept."""
    kept: int
    since: datetime
    """When the first of the kept ones came."""

    @property
    def missing(self) -> str:
        """The steps that never came, as `3` or `3-5`."""
        first, last = self.applied + 1, self.next_here - 1
        return str(first) if first == last else f"{first}-{last}"


def gaps(tx: Tx, limit: int = 100) -> list[Gap]:
    """Return the dossiers whose inter-level leg waits for a step of the town, oldest first."""
    place = sa.func.min(leg_steps.c.sequence)
    came = sa.func.min(journal.c.recorded_at)
    query = (
        sa.select(legs.c.number, legs.c.child_number, legs.c.sequence, place, sa.func.count(), came)
        .join(leg_steps, leg_steps.c.number == legs.c.number)
        .join(journal, journal.c.id == leg_steps.c.message_id)
        .where(KEPT_STEP)
        .group_by(legs.c.number, legs.c.child_number, legs.c.sequence)
        .having(place > legs.c.sequence + 1)
        .order_by(came)
    )
    return [Gap(row[0], row[1] or "", *row[2:]) for row in tx.execute(query.limit(limit))]


@dataclass(frozen=True, slots=True)
class WaitingPapers:
    """Papers of a dossier that are here and that the town was not given, or that it waits for."""

    number: str
    child_number: str
    """The number under which the town has the dossier, "" while it has not told."""
    count: int
    """None are here where the town waits, and the ward does not wait for the citizen."""
    wanted: bool
    """Whether the town asks for papers: then they go when an officer takes the work up again."""
    since: datetime
    """When the first of them came, or the town's request."""


def papers_not_at_town(tx: Tx, limit: int = 100) -> list[WaitingPapers]:
    """Return the dossiers under way of which the town lacks papers, oldest first.

    Also where none are here although the town waits for some and the ward's status does not say so,
    because those of the supplement that was to answer it were dropped.
    """
    found = [*_papers_here(tx, limit), *_requests_unseen(tx, limit)]
    return sorted(found, key=lambda papers: papers.since)[:limit]


def _papers_here(tx: Tx, limit: int) -> list[WaitingPapers]:
    file = dossier_files.c
    came = sa.func.min(journal.c.recorded_at)
    # Not by the key of legs: the few that are under way come first, and their files are looked up.
    number = unindexed(legs.c.number)
    query = (
        sa.select(number, legs.c.child_number, sa.func.count(), legs.c.wanted.is_not(None), came)
        .join_from(legs, dossiers, dossiers.c.number == legs.c.number)
        .join(dossier_files, file.number == number)
        .join(journal, journal.c.id == file.message_id)
        .where(LEG_UNDER_WAY, dossiers.c.finished_at.is_(None))
        .where(file.is_result.is_(False), file.to_town.is_(False))
        .group_by(number, legs.c.child_number, legs.c.wanted)
        .order_by(came)
    )
    return [
        WaitingPapers(number, child or "", count, bool(wanted), since)
        for number, child, count, wanted, since in tx.execute(query.limit(limit))
    ]


def _requests_unseen(tx: Tx, limit: int) -> list[WaitingPapers]:
    file, step, leg = dossier_files.c, leg_steps.c, legs.c
    here = sa.exists().where(
        file.number == leg.number, file.is_result.is_(False), file.to_town.is_(False)
    )
    query = (
        sa.select(leg.number, leg.child_number, journal.c.recorded_at)
        .join(dossiers, dossiers.c.number == leg.number)
        .join(leg_steps, sa.and_(step.number == leg.number, step.sequence == leg.wanted))
        .join(journal, journal.c.id == step.message_id)
        .where(LEG_UNDER_WAY, dossiers.c.finished_at.is_(None))
        .where(dossiers.c.status != int(Status.SUPPLEMENT_REQUESTED), ~here)
        .order_by(journal.c.recorded_at)
    )
    rows = tx.execute(query.limit(limit))
    return [
        WaitingPapers(number, child or "", 0, wanted=True, since=at) for number, child, at in rows
    ]
