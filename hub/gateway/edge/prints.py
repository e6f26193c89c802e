"""Papers that agents print: taking one, its document, and what became of it."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.downloads import download
from hub.gateway.edge import bodies
from hub.messages import catalog
from hub.messages.invalid import InvalidMessage
from hub.ports import Clock
from hub.rules.edge import protocol
from hub.rules.edge.protocol import PrintOffer, PrintReport, PrintWanted
from hub.store.deliveries import doubts
from hub.store.edge import print_jobs
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore


@dataclass(frozen=True, slots=True)
class EdgePrints:
    """Gives agents their papers."""

    store: Store
    files: BlobStore
    clock: Clock

    async def next(self, request: Request, caller: GatewayCaller) -> Response:
        """Give an agent the next paper for its printers, and renew the leases of those it has."""
        wanted = await bodies.read(request, PrintWanted)
        return bodies.written(await run_in_threadpool(self._next, caller.client, wanted))

    async def document(self, request: Request, caller: GatewayCaller) -> Response:
        """Give the document of a paper to the agent that has it, and to no other one."""
        return await run_in_threadpool(self._document, request, caller.client)

    async def report(self, request: Request, caller: GatewayCaller) -> Response:
        """Store what became of a paper; a delivery in doubt is asked about at once."""
        reported = await bodies.read(request, PrintReport)
        await run_in_threadpool(self._report, caller.client, reported)
        return bodies.written(protocol.PrintReported(time=self.clock()))

    def _next(self, agent: str, wanted: PrintWanted) -> PrintOffer:
        """Most questions bring nothing: they only read."""
        now, printers = self.clock(), wanted.printers
        with self.store.read() as tx:
            renewable = print_jobs.renewable(tx, agent, wanted.holding, now=now)
            known = print_jobs.claimed(tx, agent, wanted.token)
            used = known is not None and not known.is_given(now)
            claims = bool(printers) and (
                not used if known else print_jobs.is_offered(tx, agent, printers, now=now)
            )
        job = None
        if renewable or claims:
            with self.store.write() as tx:
                print_jobs.renew(tx, agent, renewable, now=now)
                if claims:
                    job = print_jobs.claim(tx, agent, wanted.token, printers, now=now)
        return PrintOffer(time=self.clock(), job=job, used=used)

    def _document(self, request: Request, agent: str) -> Response:
        id = min(int(request.path_params["job"]), 2**53)
        with self.store.read() as tx:
            job = print_jobs.find(tx, id)
        if job is None or job.agent != agent or not job.is_given(self.clock()):
            raise InvalidMessage("file_missing", where="job", why="it is no job of this agent")
        return download(request, self.files, job.sha256, media_type=job.media_type)

    def _report(self, agent: str, reported: PrintReport) -> None:
        now = self.clock()
        with self.store.write() as tx:
            message_id = print_jobs.report(tx, agent, reported, now=now)
            if message_id is not None:
                doubts.query_now(tx, message_id, catalog.DEVICES, now=now)
