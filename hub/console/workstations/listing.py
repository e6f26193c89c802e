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
    version: str
    """What a form names of the state that it was made of."""
    state: Text
    is_well: bool
    findings: tuple[DeviceFinding, ...]
    new_devices: tuple[str, ...]
    """What it reports and was not enrolled with."""
    skew: str
    """By how many seconds its clock is ahead of the hub's."""

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
        known = [(it, version_of(tx, it)) for it in agents.all_of(tx)]
        kept = {it.device: it for it in states.listing(tx)}
    shown = [
        _shown(it, version, kept[it.id].findings if it.id in kept else (), now=now)
        for it, version in sorted(known, key=lambda it: (it[0].revoked_at is not None, it[0].id))
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


def _shown(
    it: KeptAgent, version: str, findings: tuple[DeviceFinding, ...], *, now: datetime
) -> ShownAgent:
    state = it.state_at(now)
    reported = {each.name for each in it.report.devices} if it.report else set[str]()
    new = () if it.devices is None else tuple(sorted(reported - it.devices))
    skew = timedelta(milliseconds=-it.report.skew_ms if it.report else 0)
    return ShownAgent(
        kept=it,
        version=version,
        state=both(f"workstations.standing_{state}"),
        is_well=state == "enrolled" and not findings,
        findings=findings,
        new_devices=new,
        skew=f"{skew / timedelta(seconds=1):+.1f}",
    )
