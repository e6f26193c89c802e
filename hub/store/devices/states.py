"""How each device was at its last check, and since when it has been in that state."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.rules.devices.health import (
    DeviceFigure,
    DeviceFinding,
    DeviceState,
    FigureKind,
    state_of,
    worst_first,
)
from hub.rules.edge.protocol import AGENT_ITSELF
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.devices import device_states


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptState:
    """One device as it was at its last check."""

    device: str
    kind: str
    place: str
    state: DeviceState
    findings: tuple[DeviceFinding, ...]
    """The worst first."""
    figures: tuple[DeviceFigure, ...] = ()
    """What it counts, by its last check."""
    since: datetime
    """When the state began; the findings may have changed since."""
    checked_at: datetime


def keep(
    tx: Tx,
    device: str,
    *,
    kind: str,
    place: str,
    findings: Sequence[DeviceFinding],
    figures: Sequence[DeviceFigure] = (),
    now: datetime,
) -> DeviceState | None:
    """Store a check's result; return the state before, None for a device checked first."""
    row = tx.execute(
        sa.select(device_states.c.state, device_states.c.since).where(
            device_states.c.device == device
        )
    ).one_or_none()
    state = state_of(findings)
    same = row is not None and row.state == state
    shown = json.dumps([[it.code, it.evidence] for it in worst_first(findings)], ensure_ascii=False)
    values = {
        "kind": kind,
        "place": place,
        "state": state.value,
        "findings": shown,
        "figures": _written(figures),
        "since": row.since if same and row is not None else now,
        "checked_at": now,
    }
    statement = insert(tx, device_states).values(device=device, **values)
    tx.execute(
        statement.on_conflict_do_update(index_elements=[device_states.c.device], set_=values)
    )
    return None if row is None else DeviceState(row.state)


def listing(tx: Tx) -> list[KeptState]:
    """Return every device, by its name."""
    rows = tx.execute(sa.select(device_states).order_by(device_states.c.device)).mappings()
    return [_kept(row) for row in rows]


def find(tx: Tx, device: str) -> KeptState | None:
    """Return one device, None for one that is not kept."""
    query = sa.select(device_states).where(device_states.c.device == device)
    row = tx.execute(query).mappings().one_or_none()
    return None if row is None else _kept(row)


def forget_old(tx: Tx, before: datetime) -> None:
    """Remove devices that were not checked since a time: no file names them any more.

    An agent stays: one that is silent for long is still to be shown.
    """
    old = sa.delete(device_states).where(device_states.c.checked_at < before)
    tx.execute(old.where(device_states.c.kind != AGENT_ITSELF))


def forget_agent(tx: Tx, agent: str) -> None:
    """Remove an agent that was revoked, and its devices."""
    forget_devices_of(tx, agent, besides=())
    tx.execute(sa.delete(device_states).where(device_states.c.device == agent))


def forget_devices_of(tx: Tx, agent: str, *, besides: Collection[str]) -> None:
    """Remove the devices of an agent that it does not have (any more)."""
    own = device_states.c.device.startswith(f"{agent}.", autoescape=True)
    tx.execute(sa.delete(device_states).where(own, device_states.c.device.not_in(besides)))


def forget_others(tx: Tx, *, kinds: Iterable[str], devices: Collection[str]) -> None:
    """Remove the devices of some kinds that are not among `devices`."""
    of_kind = device_states.c.kind.in_(kinds)
    tx.execute(sa.delete(device_states).where(of_kind, device_states.c.device.not_in(devices)))


def _written(figures: Sequence[DeviceFigure]) -> str | None:
    rows = [[it.kind, it.place, it.level, it.capacity] for it in figures]
    return json.dumps(rows) if rows else None


def _figures(kept: str | None) -> tuple[DeviceFigure, ...]:
    rows = json.loads(kept) if kept else ()
    return tuple(DeviceFigure(FigureKind(kind), *rest) for kind, *rest in rows)


def _kept(row: Mapping[Any, Any]) -> KeptState:
    return KeptState(
        **{
            **row,
            "state": DeviceState(row["state"]),
            "findings": _findings(row["findings"]),
            "figures": _figures(row["figures"]),
        }
    )


def _findings(kept: str) -> tuple[DeviceFinding, ...]:
    return tuple(DeviceFinding(code, evidence) for code, evidence in json.loads(kept))
