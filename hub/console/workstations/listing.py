"""The agents on workstations: spool, room, clock and devices of each, as it said last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand
from hub.console.parts import Parts
from hub.operations.edge.enrolling import Code, version_of
from hub.rules.devices.health import DeviceFinding
from hub.rules.edge.protocol import SILENT_AFTER
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.devices import states
from hub.store.edge import agents
from hub.store.edge.agents import KeptAgent
from hub.texts import Text, both

_LOST = frozenset({"agent_gap", "agent_spool_replaced"})
"""Findings that a person accepts."""


@dataclass(frozen=True, slots=True)
class ShownAgent:
    """An agent on its page."""

    kept: KeptAgent
    state: Text
    is_well: bool
    findings: tuple[DeviceFinding, ...]
    new_devices: tuple[str, ...]
    """What it reports and was not enrolled with."""
    skew: str
    """By how many seconds its clock is ahead of the hub's."""

    @property
    def version(self) -> str:
        """What a form names of the state that it was made of."""
        return version_of(self.kept)

    @property
    def verbs(self) -> list[str]:
        """What a person may do about it."""
        if self.kept.revoked_at is not None:
            return []
        lost = ["accept-gaps"] if any(it.code in _LOST for it in self.findings) else []
        new = ["accept-devices"] if self.new_devices else []
        return [*new, *lost, "code", "revoke"]


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page. Workstations concern the installation as a whole, so no partner sees it."""

    @app.get("/workstations")
    def page(request: Request, who: Who) -> Response:
        return render(request, all_agents(parts, who), who, now=parts.clock())


def all_agents(
    parts: Parts, who: Visitor, *, code: Code | None = None, agent: str = ""
) -> PageView:
    """Return the page of all agents. `code`: what was just made for `agent`, shown this once."""
    demand(who, Right.METADATA)
    now = parts.clock()
    with parts.store.read() as tx:
        known = agents.all_of(tx)
        kept = {it.device: it for it in states.listing(tx)}
    shown = [
        _shown(it, kept[it.id].findings if it.id in kept else (), now=now)
        for it in sorted(known, key=lambda it: (it.revoked_at is not None, it.id))
    ]
    return PageView(
        template="workstations/agents.html",
        title=both("workstations.title"),
        values={
            "agents": shown,
            "may_act": who.may(Right.ACT),
            "code": code,
            "for_agent": agent,
            "agency": parts.agency,
        },
    )


def _shown(it: KeptAgent, findings: tuple[DeviceFinding, ...], *, now: datetime) -> ShownAgent:
    silent = it.heard_at is None or now - it.heard_at > SILENT_AFTER
    if it.revoked_at is not None:
        state = "revoked"
    elif it.enrolled_at is None:
        state = "added"
    else:
        state = "silent" if silent else "enrolled"
    reported = {each.name for each in it.report.devices} if it.report else set[str]()
    new = () if it.devices is None else tuple(sorted(reported - it.devices))
    skew = timedelta(milliseconds=-it.report.skew_ms if it.report else 0)
    return ShownAgent(
        kept=it,
        state=both(f"workstations.standing_{state}"),
        is_well=state == "enrolled" and not findings,
        findings=findings,
        new_devices=new,
        skew=f"{skew / timedelta(seconds=1):+.1f}",
    )
