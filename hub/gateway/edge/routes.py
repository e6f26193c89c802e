"""`/edge`: what agents on workstations call, see `hub/rules/edge/protocol.py`.

An agent proves itself with its key and has a right of its own. Its calls are counted in the audit
by the minute, as those of devices are: each message has its row in the journal. A code for
enrolment needs no key, and a wrong one is a refused caller.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from hub.exchange.intake.accept import Intake
from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.clients.refusal import CallerRefused
from hub.gateway.edge import bodies
from hub.gateway.edge.events import EdgeEvents
from hub.gateway.edge.prints import EdgePrints
from hub.gateway.v1.refusing import answered
from hub.messages.local_time import LOCAL
from hub.operations.edge import enrolling, reporting
from hub.rules.edge import protocol
from hub.rules.edge.numbers import Block, wanted_days
from hub.store.edge import agents, numbers
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore

RIGHT = "edge.exchange"
ENROLMENT = "edge.enrol"
MOST_KNOWN = 1024
"""Agents that are remembered."""
Answer = Callable[[Request, GatewayCaller], Awaitable[Response]]


def install(
    app: FastAPI,
    store: Store,
    files: BlobStore,
    intake: Intake,
    *,
    authorization: Authorization,
) -> None:
    """Add the routes to an application."""
    routes = _Routes(store, intake, authorization, EdgeEvents(intake))
    prints = EdgePrints(store, files, intake.clock)

    def add(path: str, answer: Answer, method: str = "POST") -> None:
        async def called(request: Request) -> Response:
            return await routes.answered(request, answer)

        app.add_api_route(path, called, methods=[method])

    app.add_api_route(protocol.ENROL, routes.enrol, methods=["POST"])
    add(protocol.EVENTS, routes.events)
    add(protocol.HEARTBEAT, routes.heartbeat)
    add(protocol.NUMBERS, routes.numbers)
    add(protocol.NEXT_PRINT, prints.next)
    add(protocol.PRINT_DOCUMENT.replace("{job}", "{job:int}"), prints.document, "GET")
    add(protocol.PRINT_REPORT, prints.report)


@dataclass(slots=True)
class _Routes:
    store: Store
    intake: Intake
    authorization: Authorization
    edge_events: EdgeEvents
    _known: set[str] = field(default_factory=set)
    """Clients that are agents; one that is revoked is no client any more."""

    async def answered(self, request: Request, answer: Answer) -> Response:
        """Answer an agent."""

        async def answer_known() -> Response:
            caller = await self.authorization.identify(request, operation=RIGHT)
            await self.authorization.authorize(caller, operation=RIGHT, object=request.url.path)
            await self._must_be_agent(caller, request.url.path)
            self.authorization.denials.allow(caller.client, purpose=RIGHT)
            return await answer(request, caller)

        return await answered(request, answer_known, proxies=self.authorization.proxies)

    async def enrol(self, request: Request) -> Response:
        """Give a workstation its key for a code."""

        async def answer() -> Response:
            enrolment = await bodies.read(request, protocol.Enrolment)
            address = self.authorization.proxies.address_of(request)
            now = self.intake.clock()
            made = await run_in_threadpool(
                enrolling.enrol,
                self.store,
                enrolment.code,
                devices=enrolment.devices,
                former_key=enrolment.former_key,
                former_spool=enrolment.former_spool,
                address=address,
                now=now,
            )
            if made is None:
                await self.authorization.deny(
                    request, None, operation=ENROLMENT, reason="wrong or ended code"
                )
                raise CallerRefused("token")
            return bodies.written(
                protocol.Enrolled(agent=made.agent, key=made.key, agency=made.agency, time=now)
            )

        return await answered(request, answer, proxies=self.authorization.proxies)

    async def events(self, request: Request, caller: GatewayCaller) -> Response:
        """Take events in; the answer comes after the store has them."""
        batch = await bodies.read(request, protocol.EdgeBatch)
        results = await self.edge_events.accept(caller.client, batch)
        return bodies.written(protocol.EdgeResults(time=self.intake.clock(), results=results))

    async def heartbeat(self, request: Request, caller: GatewayCaller) -> Response:
        """Store how an agent is."""
        report = await bodies.read(request, protocol.EdgeHeartbeat)
        now = self.intake.clock()

        def keep() -> None:
            with self.store.write() as tx:
                reporting.heartbeat(tx, caller.client, report, now=now)

        await run_in_threadpool(keep)
        return bodies.written(protocol.HeartbeatTaken(time=self.intake.clock()))

    async def numbers(self, request: Request, caller: GatewayCaller) -> Response:
        """Take back numbers of days that are over, and give an agent those that it wants."""
        report = await bodies.read(request, protocol.NumbersReport)
        blocks = await run_in_threadpool(self._reserve, caller.client, report)
        return bodies.written(protocol.NumbersGiven(time=self.intake.clock(), blocks=blocks))

    def _reserve(self, agent: str, report: protocol.NumbersReport) -> list[Block]:
        now = self.intake.clock()
        today = now.astimezone(LOCAL).date()
        with self.store.write() as tx:
            for block in report.blocks:
                numbers.used(tx, agent, block)
            numbers.give_back(tx, agent, before=today, now=now)
            known = agents.find(tx, agent)
            if known is not None and known.copied:  # both machines would draw the same ones
                numbers.give_back(tx, agent, before=None, now=now)
            elif known is not None and known.agency:
                blocks = list(numbers.blocks(tx, agent))
                for day in wanted_days(blocks, today=today):
                    numbers.reserve(tx, agent, agency=known.agency, day=day, now=now)
            return list(numbers.blocks(tx, agent))

    async def _must_be_agent(self, caller: GatewayCaller, path: str) -> None:
        if caller.client in self._known:
            return

        def is_agent() -> bool:
            with self.store.read() as tx:
                return agents.find(tx, caller.client) is not None

        if not await run_in_threadpool(is_agent):
            await self.authorization.refuse(caller, RIGHT, path, "operation_forbidden")
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known.add(caller.client)
