"""The forms about workstations: a code for a new one or one that is set up again, and its end.

Each form names the state of the agent that its page showed. A code is shown in the answer to the
form that made it, and never again.
"""

from collections.abc import Callable, Mapping

from fastapi import FastAPI
from fastapi.responses import Response

from hub.console.forms.acting import Act, Posted, PostedForm, act
from hub.console.forms.filled import Filled, FormRefused
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView
from hub.console.frame.visitor import demand
from hub.console.parts import Parts
from hub.console.workstations.listing import all_agents
from hub.operations.edge import enrolling
from hub.operations.edge.enrolling import Code, NotAnAgency
from hub.operations.signed_by import SignedBy
from hub.rules.clients.client import NotAClient
from hub.rules.users.rights import Right
from hub.store.console import happened
from hub.texts import Text, both

PLACE = "/workstations"


def install(app: FastAPI, parts: Parts) -> None:
    """Add the addresses that the forms go to."""
    forms = _Forms(parts)
    app.add_api_route(PLACE, forms.add, methods=["POST"])
    app.add_api_route(PLACE + "/{agent}/{verb}", forms.acted, methods=["POST"])


class _Forms:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def add(self, posted: Posted) -> Response:
        """Add a workstation and show its code."""
        agent, made = posted.fields.get("agent", "").strip(), list[Code]()

        def do(sent: Filled, by: SignedBy) -> Text:
            demand(posted.who, Right.ACT)
            made.append(self._code(sent.get("agent"), sent.get("agency"), "", by))
            return both("workstations.code_made", agent=agent)

        return self._done(posted, do, agent, made)

    def acted(self, agent: str, verb: str, posted: Posted) -> Response:
        """Do with a workstation what the form says."""
        made: list[Code] = []

        def do(sent: Filled, by: SignedBy) -> Text:
            demand(posted.who, Right.ACT)
            version = sent.version
            if verb == "code":
                made.append(self._code(agent, "", version, by))
                return both("workstations.code_made", agent=agent)
            if verb not in _VERBS:
                raise NotHere
            return _VERBS[verb](self._parts, agent, version, by)

        return self._done(posted, do, agent, made)

    def _code(self, agent: str, agency: str, version: str, by: SignedBy) -> Code:
        try:
            return enrolling.add(self._parts.store, agent, agency=agency, expected=version, by=by)
        except (NotAClient, NotAnAgency) as error:
            raise FormRefused(error.text) from None

    def _done(self, posted: PostedForm, do: Act, agent: str, made: list[Code]) -> Response:
        who = posted.who

        def shown() -> PageView | None:
            return all_agents(self._parts, who, code=made[0], agent=agent) if made else None

        return act(
            posted,
            self._parts,
            do=do,
            page=lambda: all_agents(self._parts, who),
            leads_to=PLACE,
            happened=lambda tx, since: happened.to_agent(tx, agent, since=since),
            shown=shown,
        )


def _revoke(parts: Parts, agent: str, version: str, by: SignedBy) -> Text:
    enrolling.revoke(parts.store, agent, expected=version, by=by)
    return both("edge.revoked", agent=agent)


def _accept_gaps(parts: Parts, agent: str, version: str, by: SignedBy) -> Text:
    enrolling.accept_gaps(parts.store, agent, expected=version, by=by)
    return both("edge.gaps_accepted", agent=agent)


def _accept_devices(parts: Parts, agent: str, version: str, by: SignedBy) -> Text:
    new = enrolling.accept_devices(parts.store, agent, expected=version, by=by)
    return both("edge.devices_accepted", agent=agent, devices=", ".join(new))


_VERBS: Mapping[str, Callable[[Parts, str, str, SignedBy], Text]] = {
    "revoke": _revoke,
    "accept-gaps": _accept_gaps,
    "accept-devices": _accept_devices,
}
"""The acts by the last part of their address."""
