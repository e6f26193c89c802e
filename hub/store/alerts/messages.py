"""Messages of alerts: stored with their incidents, sent later, at least once under the same key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.operators.alerts import WAITING, alert_messages

KEPT = timedelta(days=30)
LEASE = timedelta(minutes=3)
"""Longer than any call of a channel takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage:
    """What is told to a channel; `incidents` are their numbers, with commas."""

    key: str
    channel: str
    subject: str
    body: str
    incidents: str
    made_at: datetime
    attempts: int = 0
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None
    code: str = ""
    """Fault code of the last attempt, "" when there was none or it worked."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """How a channel does: its last message, and what waits."""

    channel: str
    last_made_at: datetime
    last_sent_at: datetime | None
    waiting: int
    code: str
    """Fault code of the newest attempt that failed of what waits or was given up, "" for none."""


@dataclass(frozen=True, slots=True)
class Receivers:
    """One channel; or, without `only`, all that are none of `known`: the file has them no more."""

    only: str = ""
    known: tuple[str, ...] = ()

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """Which messages go to them."""
        if self.only:
            return alert_messages.c.channel == self.only
        return alert_messages.c.channel.not_in(self.known)


_COLUMNS = tuple(KeptMessage.__slots__)
_READ = sa.select(*(alert_messages.c[name] for name in _COLUMNS))


def add(tx: Tx, message: KeptMessage) -> bool:
    """Store a message; False where its key is stored already."""
    row = {name: getattr(message, name) for name in _COLUMNS}
    row |= {"leased_by": "", "lease_until": None}
    made = insert(tx, alert_messages).on_conflict_do_nothing()
    return tx.execute(made, row).rowcount == 1


def some_wait(tx: Tx, to: Receivers) -> bool:
    """Tell whether a message waits to be sent."""
    query = sa.select(alert_messages.c.key).where(WAITING, to.condition).limit(1)
    return tx.execute(query).first() is not None


def claim_due(tx: Tx, to: Receivers, *, by: str, now: datetime) -> KeptMessage | None:
    """Lease the next message to be sent; what another process has leased is left alone."""
    free = sa.or_(
        alert_messages.c.lease_until.is_(None),
        alert_messages.c.lease_until <= now,
        # A lease that ends later than any can was made by a clock that was ahead.
        alert_messages.c.lease_until > now + LEASE,
    )
    due = sa.or_(
        alert_messages.c.next_attempt_at <= now,
        alert_messages.c.next_attempt_at > now + timedelta(days=1),
    )
    waiting = _READ.where(WAITING, to.condition, due, free)
    chosen = waiting.order_by(alert_messages.c.next_attempt_at).limit(1)
    if tx.dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    row = tx.execute(chosen).mappings().one_or_none()
    if row is None:
        return None
    mine = sa.update(alert_messages).where(alert_messages.c.key == row["key"])
    tx.execute(mine.values(leased_by=by, lease_until=now + LEASE))
    return KeptMessage(**row)


def sent(tx: Tx, key: str, *, now: datetime) -> None:
    """Write that a channel has taken a message."""
    done: dict[str, Any] = {
        "sent_at": now,
        "next_attempt_at": None,
        "lease_until": None,
        "leased_by": "",
    }
    done |= {"code": "", "detail": "", "attempts": alert_messages.c.attempts + 1}
    tx.execute(sa.update(alert_messages).where(alert_messages.c.key == key).values(done))


def failed(tx: Tx, key: str, *, code: str, detail: str, again_at: datetime | None) -> None:
    """Write why a channel did not take a message; `again_at` None: it is given up."""
    values: dict[str, Any] = {"code": code, "detail": detail[:500], "next_attempt_at": again_at}
    values |= {"lease_until": None, "leased_by": "", "attempts": alert_messages.c.attempts + 1}
    tx.execute(
        sa.update(alert_messages)
        .where(alert_messages.c.key == key, alert_messages.c.sent_at.is_(None))
        .values(values)
    )


def failing(tx: Tx) -> dict[str, int]:
    """Return how many messages wait that a channel did not take, by channel."""
    query = sa.select(alert_messages.c.channel, sa.func.count()).where(
        WAITING, alert_messages.c.code != ""
    )
    rows = tx.execute(query.group_by(alert_messages.c.channel))
    return {row[0]: row[1] for row in rows}


def last_made(tx: Tx, channels: Sequence[str]) -> dict[str, datetime]:
    """Return when each channel got its last message, without those that got none."""
    found = {}
    for channel in channels:
        query = sa.select(sa.func.max(alert_messages.c.made_at))
        at = tx.execute(query.where(alert_messages.c.channel == channel)).scalar()
        if at is not None:
            found[channel] = at
    return found


def states(tx: Tx, channels: Sequence[str]) -> list[ChannelState]:
    """Return how the channels do that have had a message."""
    found = []
    for channel in channels:
        query = _READ.where(alert_messages.c.channel == channel)
        newest = query.order_by(alert_messages.c.made_at.desc()).limit(50)
        rows = [KeptMessage(**row) for row in tx.execute(newest).mappings()]
        if rows:
            sent_at = [it.sent_at for it in rows if it.sent_at]
            found.append(
                ChannelState(
                    channel=channel,
                    last_made_at=rows[0].made_at,
                    last_sent_at=max(sent_at, default=None),
                    waiting=sum(it.next_attempt_at is not None for it in rows),
                    code=next((it.code for it in rows if it.sent_at is None and it.code), ""),
                )
            )
    return found


def of_incident(tx: Tx, number: int, *, since: datetime, limit: int = 100) -> list[KeptMessage]:
    """Return the newest messages that told of an incident; `since`: when it was first seen."""
    query = _READ.where(alert_messages.c.made_at >= since)
    query = query.order_by(alert_messages.c.made_at.desc()).limit(1000)
    rows = [KeptMessage(**row) for row in tx.execute(query).mappings()]
    return [it for it in rows if str(number) in it.incidents.split(",")][:limit]


def forget_old(tx: Tx, before: datetime) -> None:
    """Remove messages that are not waiting and were made before a time."""
    old = sa.and_(alert_messages.c.made_at < before, alert_messages.c.next_attempt_at.is_(None))
    tx.execute(sa.delete(alert_messages).where(old))
